// The result: what was improved, beside the original, and what can be done with it.
import { get, itemAddress, patch } from "./api.js";
import { byId, button, make, say, toggle } from "./dom.js";
import * as drafts from "./drafts.js";
import { evidence, notices } from "./evidence.js";
import { fields } from "./fields.js";
import { opinion } from "./opinion.js";
import { copy, filledIn, showDiff, showPrompt } from "./prompt.js";
import { questions } from "./questions.js";
import { refinement } from "./refinement.js";
import { keepsHistory } from "./state.js";
import { offerUndo } from "./undo.js";
import { versions, versionsOf } from "./versions.js";

const IDEAS = [
  "Write a friendly reminder to pay an invoice that is two weeks late",
  "Explain how vaccines work to a ten-year-old, in at most 150 words",
  "Review this function for bugs: {{code}}",
];
const card = byId("result");
const heading = (text) => make("h2", { id: "result-heading" }, text);

let record = null;
/** prompt, original, changes or editing */
let mode = "prompt";
let changes = null;
let thread = [];
let values = new Map();
/** What the rest of the page does: idea(text), refine(body), again(answers), changed(record),
 * delete(record), open(id), bringBack(newest, id). */
let on = {};

export const listen = (listeners) => (on = listeners);
export const shownRecord = () => record;
const promptToUse = () => record.edited_prompt ?? record.improved_prompt;
const textInUse = () => (mode === "original" ? record.original_idea : filledIn(promptToUse(), values));

function fill(...parts) {
  card.replaceChildren(...parts.flat().filter(Boolean));
}

/** Nothing yet: three ideas to begin with. */
export function showEmpty() {
  record = null;
  fill(
    heading("Result"),
    make("p", { class: "hint" }, "Your prompt appears here. No idea at hand? Try one of these:"),
    make("ul", { class: "ideas" }, IDEAS.map((idea) => make("li", {}, button(idea, () => on.idea(idea))))),
  );
}

/** While it is written. */
export function showPreview(element) {
  if (record) drafts.remember(card, record.prompt_id);
  fill(heading("Result"), element);
  card.scrollIntoView({ block: "nearest" });
}

export function show(found) {
  if (record && card.querySelector("#prompt, #edit")) drafts.remember(card, record.prompt_id);
  record = found;
  mode = drafts.has(record.prompt_id, "edit") ? "editing" : "prompt";
  changes = null;
  thread = [];
  values = new Map();
  draw();
  drafts.bringBack(card, record.prompt_id);
  if (keepsHistory) findThread(record);
}

/** The newest is a thread by itself, until it has been refined. */
async function findThread(of) {
  try {
    const items = await versionsOf(of);
    if (record === of && items.length) {
      thread = items;
      redraw();
    }
  } catch {
    // Its versions are an extra: the result is there without.
  }
}

/** Draw it anew, and leave focus, what is open and what is typed as they are. */
function redraw() {
  const focused = document.activeElement?.id;
  const closed = new Map([...card.querySelectorAll("details[id]")].map((each) => [each.id, each.open]));
  drafts.remember(card, record.prompt_id);
  draw();
  drafts.bringBack(card, record.prompt_id);
  for (const [id, open] of closed) if (byId(id)) byId(id).open = open;
  if (focused && document.activeElement?.id !== focused) byId(focused)?.focus({ preventScroll: true });
}

function turn(to) {
  mode = mode === to ? "prompt" : to;
  redraw();
}

export async function copyShown() {
  if (!record || mode === "editing") return;
  const done = await copy(textInUse());
  say(done ? `Copied ${mode === "original" ? "the original" : "the prompt"}.` : "The browser does not let this page copy. Select the text instead.", !done);
}

/** Change what is kept of it, and tell the others. */
async function change(what, said) {
  const id = record.prompt_id;
  try {
    const changed = await patch(id, what);
    if (record?.prompt_id === id) {
      record = { ...changed, saved: record.saved };
      redraw();
    }
    on.changed(changed);
    say(said ?? "Saved.");
    return true;
  } catch (error) {
    say(error.message, true);
    return false;
  }
}

export function star() {
  if (record && keepsHistory) {
    change({ starred: !record.starred }, record.starred ? "No longer starred." : "Starred: the cleanup spares it.");
  }
}

export const refineShown = () => byId("feedback")?.focus();

async function compare(against) {
  try {
    const query = against ? `?against=${against}` : "";
    changes = await get(itemAddress(record.prompt_id, `/diff${query}`));
    mode = "changes";
    redraw();
  } catch (error) {
    say(error.message, true);
  }
}

function useOriginal() {
  turn("original");
  say(mode === "original" ? "Your original is in use: Copy takes it." : "The improved prompt is in use.");
}

async function saveEdit(event) {
  event.preventDefault();
  const text = byId("edit").value;
  const id = record.prompt_id;
  const isEdit = text.trim() && text !== record.improved_prompt;
  if (await change({ edited_prompt: isEdit ? text : null }, isEdit ? "Your edit is saved." : "There is no edit.")) {
    drafts.forget(id, "edit");
    mode = "prompt";
    byId("edit")?.removeAttribute("data-draft");
    redraw();
  }
}

function stopEditing() {
  byId("edit").removeAttribute("data-draft");
  drafts.forget(record.prompt_id, "edit");
  turn("editing");
}

function removeEdit() {
  const { edited_prompt, prompt_id } = record;
  change({ edited_prompt: null }, "The prompt is as it was improved.").then((done) => done &&
    offerUndo("Your edit is removed.", () => record?.prompt_id === prompt_id
      ? change({ edited_prompt })
      : patch(prompt_id, { edited_prompt }).then(on.changed)));
}

function facts() {
  const { latency_ms: latency, backend, model_version: model, version, timestamp } = record;
  return [
    version > 1 && `version ${version}`,
    backend === "offline" ? "offline" : [model, `(${backend})`].filter(Boolean).join(" "),
    latency !== null && (latency < 1000 ? `${Math.max(1, Math.round(latency))} ms` : `${(latency / 1000).toFixed(1)} s`),
    timestamp && new Date(timestamp).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }),
  ].filter(Boolean).join(" · ");
}

const same = () => record.changed === false;

function actions() {
  const pressed = { "aria-pressed": String(mode === "changes"), id: "show-changes" };
  return make("div", { class: "actions" },
    button(["Copy ", make("kbd", {}, "c")], copyShown, { class: "primary", id: "copy" }),
    keepsHistory && button("Refine", refineShown, { id: "refine" }),
    keepsHistory && toggle(record.starred ? "★ Starred" : "☆ Star", record.starred, star, { id: "star" }),
    !same() && toggle("Use original", mode === "original", useOriginal, { id: "use-original" }),
    keepsHistory && !same() && button("Show changes", () => (mode === "changes" ? turn("changes") : compare()), pressed),
    keepsHistory && toggle("Edit", mode === "editing", () => (mode === "editing" ? stopEditing() : turn("editing")), { id: "edit-mode" }),
    keepsHistory && button("Delete", () => on.delete(record), { id: "delete", class: "quiet" }));
}

const isGood = () => record.warnings?.includes("already_good");
const CAPTIONS = { original: "In use: the original", editing: "Your edit" };

function caption() {
  if (mode !== "changes") return CAPTIONS[mode] ?? (record.edited_prompt ? "Improved, and edited by you" : same() ? "Your idea" : "Improved");
  const other = thread.find((item) => item.prompt_id === changes.against);
  const name = changes.against === "idea" ? "the original" : other ? `version ${other.version}` : "the version before";
  return ["Compared with ", name, ": ", make("ins", {}, "added"), " and ", make("del", {}, "removed")];
}

function body() {
  if (mode === "editing") {
    return make("form", { onsubmit: saveEdit },
      make("textarea", { id: "edit", rows: "16", dir: "auto", "data-draft": true, "aria-label": "Your edit of the prompt" }, promptToUse()),
      make("div", { class: "actions" },
        make("button", { class: "primary", type: "submit" }, "Save"),
        button("Cancel", stopEditing)));
  }
  const text = make("div", { class: "prompt", id: "prompt", dir: "auto", tabindex: "0", role: "group", "aria-label": mode === "original" ? "The original" : "The prompt" });
  drawText(text);
  return text;
}

function drawText(element = byId("prompt")) {
  if (mode === "changes") showDiff(element, changes.ops);
  else if (mode === "original") showPrompt(element, record.original_idea);
  else showPrompt(element, promptToUse(), (record.evidence?.assumed ?? []).map((each) => each.text), values);
}

function draw() {
  const main = make("div", { class: "improved" }, make("h3", {}, caption()), body());
  fill(
    make("div", { class: "head" }, heading(!same() ? "Improved prompt" : isGood() ? "Good as it is" : "Unchanged"), make("p", { class: "facts" }, facts())),
    actions(),
    same() && make("p", { class: "good" }, isGood() ? "Your idea says enough already. Nothing was rewritten." : "Nothing was certain enough to add. Your idea stays as it is."),
    notices(record),
    mode !== "editing" && questions(record, (answers) => (keepsHistory ? on.refine({ answers }) : on.again(answers))),
    mode === "prompt" && fields(promptToUse(), values, () => drawText()),
    same() ? main : make("div", { class: "beside" }, main,
      make("div", { class: "original" }, make("h3", {}, "Original"), make("div", { class: "prompt", dir: "auto", tabindex: "0", role: "group", "aria-label": "The original" }, record.original_idea))),
    record.edited_prompt && mode === "prompt" && button("Remove my edit", removeEdit, { class: "quiet" }),
    evidence(record),
    keepsHistory && refinement(record, on.refine),
    keepsHistory && opinion(record, change),
    thread.length > 0 && versions(thread, record, mode === "changes" ? changes.against : null, { open: on.open, compare: (against) => (against ? compare(against) : turn("prompt")), bringBack: (newest) => on.bringBack(newest, record.prompt_id) }),
  );
}
