// The result: what was improved, beside the original, and what can be done with it.
import { byId, button, make, say, toggle } from "./dom.js";
import { evidence, notices } from "./evidence.js";
import { copy, showPrompt } from "./prompt.js";

const IDEAS = [
  "Write a friendly reminder to pay an invoice that is two weeks late",
  "Explain how vaccines work to a ten-year-old, in at most 150 words",
  "Review this function for bugs: {{code}}",
];
const card = byId("result");
const fillCard = (...parts) => card.replaceChildren(...parts.filter(Boolean));
const heading = (text) => make("h2", { id: "result-heading" }, text);

/** The record that is shown, and whether its original is used instead. */
let record = null;
let usesOriginal = false;

export const shownRecord = () => record;
const textInUse = () => (usesOriginal ? record.original_idea : record.edited_prompt ?? record.improved_prompt);

/** Nothing yet: three ideas to begin with. */
export function showEmpty(onIdea) {
  record = null;
  fillCard(
    heading("Result"),
    make("p", { class: "hint" }, "The prompt appears here. To see how it goes, begin with one of these:"),
    make("ul", { class: "ideas" }, IDEAS.map((idea) => make("li", {}, button(idea, () => onIdea(idea))))),
  );
}

/** While it is written. */
export function showPreview(element) {
  fillCard(heading("Result"), element);
}

export function show(found) {
  record = found;
  usesOriginal = false;
  render();
}

export async function copyShown() {
  if (!record) return;
  const done = await copy(textInUse());
  say(done ? `Copied ${usesOriginal ? "the original" : "the prompt"}.` : "The browser does not let this page copy. Select the text instead.", !done);
}

function facts() {
  const seconds = record.latency_ms === null ? null : `${(record.latency_ms / 1000).toFixed(record.latency_ms < 950 ? 2 : 1)} s`;
  const model = record.backend === "offline" ? "offline" : `${record.model_version} (${record.backend})`;
  const version = record.version > 1 ? `version ${record.version}` : null;
  return [version, model, seconds].filter(Boolean).join(" · ");
}

function render() {
  const same = record.changed === false;
  const text = make("div", { class: "prompt", id: "prompt", dir: "auto", tabindex: "0", role: "group", "aria-label": usesOriginal ? "The original" : "The prompt" });
  showPrompt(text, textInUse(), usesOriginal ? [] : (record.evidence?.assumed ?? []).map((each) => each.text));
  fillCard(
    make("div", { class: "head" }, heading(same ? "Good as it is" : "Improved prompt"), make("p", { class: "facts" }, facts())),
    make("div", { class: "actions" },
      button(["Copy ", make("kbd", {}, "c")], copyShown, { class: "primary", id: "copy" }),
      same ? null : toggle("Use original", usesOriginal, useOriginal, { id: "use-original" })),
    same ? make("p", { class: "good" }, "Your idea says enough already. Nothing was rewritten.") : null,
    notices(record),
    same ? text : make("div", { class: "beside" },
      make("div", {}, make("h3", {}, usesOriginal ? "In use: the original" : "Improved"), text),
      make("div", { class: "original" }, make("h3", {}, "Original"), make("div", { class: "prompt", dir: "auto" }, record.original_idea))),
    evidence(record),
  );
}

function useOriginal() {
  usesOriginal = !usesOriginal;
  render();
  byId("use-original").focus();
  say(usesOriginal ? "Your original is in use: Copy takes it." : "The improved prompt is in use.");
}
