// The page put together.
import { get, itemAddress } from "./api.js";
import { byId, say } from "./dom.js";
import * as drafts from "./drafts.js";
import { startFigures } from "./figures.js";
import * as history from "./history.js";
import { cancel, isRunning, run } from "./improvement.js";
import * as result from "./result.js";
import { keepsHistory, refreshState } from "./state.js";
import { undo } from "./undo.js";

const idea = byId("idea");

/** Ask for an improvement, show it, and let the keys act on it from there on. */
async function ask(address, body) {
  if (isRunning()) return false;
  const before = result.shownRecord();
  const found = await run(address, body, result.showPreview);
  refreshState();
  if (!found) {
    if (before) result.show(before);
    else result.showEmpty();
    return false;
  }
  show(found);
  if (keepsHistory && found.saved !== "dropped") history.add(found);
  say("Done.");
  if (document.activeElement === idea || document.activeElement === document.body) {
    byId("copy").focus({ preventScroll: true });
    byId("result").scrollIntoView({ block: "nearest" });
  }
  return true;
}

function show(record) {
  result.show(record);
  if (keepsHistory) window.history.replaceState(null, "", `#${record.prompt_id}`);
}

function improve() {
  if (isRunning()) return;
  if (!idea.value.trim()) {
    say("Type an idea first.", true);
    idea.focus();
    return;
  }
  const [context, target, backend] = ["context", "target", "backend"].map((id) => byId(id).value);
  ask("api/v1/improve-prompt/stream", { idea: idea.value, context, target, backend });
}

async function refine(body) {
  const { prompt_id: id } = result.shownRecord();
  if (await ask(itemAddress(id, "/refine/stream"), body)) drafts.forget(id);
}

let opening = 0;

async function open(id) {
  if (isRunning()) {
    say("Wait for the prompt, or press Esc to cancel it.", true);
    return;
  }
  const number = ++opening;
  try {
    const record = await get(itemAddress(id));
    if (number === opening && !isRunning()) {
      show(record);
      say("");
    }
  } catch (error) {
    say(error.message, true);
  }
}

function close() {
  result.showEmpty();
  window.history.replaceState(null, "", location.pathname);
}

result.listen({
  idea: (text) => {
    idea.value = text;
    idea.dispatchEvent(new Event("input"));
    idea.focus();
    improve();
  },
  refine,
  again: (answers) => {
    const { original_idea, context, target } = result.shownRecord();
    ask("api/v1/improve-prompt/stream", { idea: original_idea, context, target: target ?? "auto", answers });
  },
  changed: history.update,
  delete: (record) => {
    history.remove(record, () => open(record.prompt_id));
    close();
    byId("undo").focus();
  },
  open,
  bringBack: (newest, id) => ask(itemAddress(newest, "/refine/stream"), { restore: id }),
});

byId("idea-form").addEventListener("submit", (event) => {
  event.preventDefault();
  improve();
});
byId("cancel").addEventListener("click", cancel);

const KEYS = {
  c: result.copyShown,
  r: result.refineShown,
  s: result.star,
  j: () => history.move(1),
  k: () => history.move(-1),
  "/": () => byId("search").focus(),
};
const isTyping = (element) => element.matches("input:not([type=checkbox]), textarea, select");

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest("form");
    if (form && form.id !== "idea-form") form.requestSubmit();
    else improve();
  } else if (event.key === "Escape") {
    if (isRunning()) cancel();
    else if (isTyping(event.target)) event.target.blur();
  } else if (isTyping(event.target)) return;
  else if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo();
  else if (!hasModifier && Object.hasOwn(KEYS, event.key)) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

result.showEmpty();
startFigures();
const linked = location.hash.slice(1);
refreshState().then(() => {
  if (!keepsHistory) return;
  history.startHistory((item) => open(item.prompt_id));
  if (/^[0-9a-f-]{36}$/i.test(linked)) open(linked);
});
// What changed while nobody looked.
addEventListener("focus", () => isRunning() || refreshState());
performance.mark("ready");
document.documentElement.dataset.ready = "true";
