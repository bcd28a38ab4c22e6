// The page put together.
import { byId, say } from "./dom.js";
import { cancel, isRunning, run } from "./improvement.js";
import { copyShown, show, showEmpty, showPreview, shownRecord } from "./result.js";
import { refreshState } from "./state.js";

const idea = byId("idea");

async function improve() {
  if (isRunning()) return;
  if (!idea.value.trim()) {
    say("Type an idea first.", true);
    idea.focus();
    return;
  }
  const before = shownRecord();
  const found = await run("api/v1/improve-prompt/stream", {
    idea: idea.value,
    context: byId("context").value,
    target: byId("target").value,
    backend: byId("backend").value,
  }, showPreview);
  if (found) {
    show(found);
    say("Done.");
    if (document.activeElement === idea || document.activeElement === document.body) toResult();
  } else if (before) show(before);
  else showEmpty(begin);
  refreshState();
}

/** The keys act on the result from here on: Enter and `c` copy. */
function toResult() {
  byId("copy").focus({ preventScroll: true });
  byId("result").scrollIntoView({ block: "nearest" });
}

function begin(text) {
  idea.value = text;
  idea.focus();
  improve();
}

byId("idea-form").addEventListener("submit", (event) => {
  event.preventDefault();
  improve();
});
byId("cancel").addEventListener("click", cancel);

const isTyping = (element) => element.matches("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    if (event.target.closest("#idea-form") || !isTyping(event.target)) improve();
    return;
  }
  if (event.key === "Escape" && isRunning()) {
    cancel();
    return;
  }
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const does = { c: copyShown }[event.key];
  if (does) {
    event.preventDefault();
    does();
  }
});

showEmpty(begin);
refreshState();
// What changed while nobody looked.
addEventListener("focus", () => isRunning() || refreshState());
document.documentElement.dataset.ready = "true";
