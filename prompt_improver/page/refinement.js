// What should be different in the next version.
import { make, say } from "./dom.js";

/** A line to type it in; `onRefine` gets the body of the request. */
export function refinement(record, onRefine) {
  const input = make("textarea", {
    id: "feedback", rows: "1", dir: "auto", "data-draft": true,
    placeholder: "Shorter, for experts, as a table …",
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      event.target.form.requestSubmit();
    },
  });
  const refine = (event) => {
    event.preventDefault();
    const feedback = input.value.trim();
    if (feedback) onRefine({ feedback });
    else {
      input.focus();
      say("Say what should be different first.", true);
    }
  };
  return make("form", { class: "refinement", onsubmit: refine },
    make("label", { for: "feedback" }, "What should be different?"),
    make("div", { class: "line" }, input, make("button", { type: "submit" }, `Make version ${record.version + 1}`)));
}
