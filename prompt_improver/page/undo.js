// What can be taken back for some seconds.
import { button, make } from "./dom.js";

const SECONDS = 8;
let pending = null;

/** Say `text` with an Undo beside it. `onElapsed` is called once there is no way back: after some
 * seconds, when the next thing is done, or when the page is left. */
export function offerUndo(text, onUndo, onElapsed = () => {}) {
  settle();
  const element = make("div", { class: "undo", role: "status" }, make("span", {}, text),
    button("Undo", undo, { id: "undo" }));
  pending = { onUndo, onElapsed, element, timer: setTimeout(settle, SECONDS * 1000) };
  document.body.append(element);
}

export function undo() {
  const { onUndo } = end() ?? {};
  onUndo?.();
}

function settle() {
  const { onElapsed } = end() ?? {};
  onElapsed?.();
}

function end() {
  const ended = pending;
  pending = null;
  if (ended) {
    clearTimeout(ended.timer);
    ended.element.remove();
  }
  return ended;
}

addEventListener("pagehide", settle);
