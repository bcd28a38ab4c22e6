// What decides and is still open: fields with what is assumed until then, and the usual answers.
import { button, counted, make, say } from "./dom.js";

function field({ id, text, why, default: assumed, options }) {
  const input = make("textarea", {
    id: `answer-${id}`, rows: "1", dir: "auto", "data-question": id, "data-draft": true,
    placeholder: assumed ? `Assumed: ${assumed}` : "Nothing is assumed: the prompt asks for it.",
    "aria-describedby": `why-${id}`,
  });
  const choose = (option) => {
    input.value = option;
    input.focus();
  };
  return make("div", { class: "question" },
    make("label", { for: input.id }, text),
    make("p", { class: "hint", id: `why-${id}` }, why),
    input,
    options.length > 0 && make("div", { class: "choices" },
      options.map((option) => button(option, () => choose(option), { class: "choice" }))));
}

/** The form; null where nothing is open. `onAnswer` gets [{id, text}]. */
export function questions(record, onAnswer) {
  const open = record.questions ?? [];
  if (!open.length) return null;
  const give = (event) => {
    event.preventDefault();
    const fields = [...event.target.querySelectorAll("textarea")];
    const answers = fields
      .map((input) => ({ id: input.dataset.question, text: input.value.trim() }))
      .filter((answer) => answer.text);
    if (answers.length) onAnswer(answers);
    else {
      fields[0].focus();
      say("Answer one question at least. What stays open stays assumed.", true);
    }
  };
  return make("details", { class: "questions", id: "questions", open: true },
    make("summary", {}, `${counted(open.length, "question", "questions")} would make it more exact`),
    make("form", { onsubmit: give },
      open.map(field),
      make("button", { type: "submit" }, "Answer")));
}
