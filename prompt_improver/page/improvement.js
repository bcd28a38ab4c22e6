// One improvement under way: it streams into a preview, and can be cancelled.
import { events } from "./api.js";
import { byId, say } from "./dom.js";
import { Preview } from "./preview.js";

let controller = null;
export const isRunning = () => controller !== null;

/** Ask `address`, show the preview by `onPreview`. Resolves with the answer; with null where it was
 * cancelled or failed, which has been said. */
export async function run(address, body, onPreview) {
  if (controller) return null;
  controller = new AbortController();
  const preview = new Preview();
  mark(true);
  say("Working …", false, true);
  onPreview(preview.element);
  try {
    for await (const event of events(address, body, controller.signal)) {
      if (event.name === "final") return event.data;
      const told = preview.take(event);
      if (told) say(told, false, true);
    }
  } catch (error) {
    if (error.name === "AbortError") say("Cancelled. Nothing was kept.");
    else say(error.message, true);
  } finally {
    controller = null;
    mark(false);
  }
  return null;
}

export function cancel() {
  controller?.abort();
}

function mark(isOn) {
  byId("improve").hidden = isOn;
  byId("cancel").hidden = !isOn;
  byId("result").setAttribute("aria-busy", String(isOn));
}
