// The thread of an improvement: each version, and any two of them compared.
import { get, itemAddress } from "./api.js";
import { button, make } from "./dom.js";

/** The thread of `record`, oldest first; empty where it has no other version. */
export async function versionsOf(record) {
  const { items } = await get(itemAddress(record.prompt_id, "/versions"));
  return items.length > 1 ? items : [];
}

/**
 * @param items the thread
 * @param against what it is compared with at the moment: an id, "idea" or null
 * @param on open(id), compare(id or "idea"), bringBack(id of the newest)
 */
export function versions(items, record, against, on) {
  const isShown = (item) => item.prompt_id === record.prompt_id;
  const label = (item) => `Version ${item.version}`;
  const others = items.filter((item) => !isShown(item));
  const choice = make("select", {
    id: "against",
    onchange: (event) => on.compare(event.target.value),
  },
    make("option", { value: "" }, "nothing"),
    make("option", { value: "idea", selected: against === "idea" }, "the original"),
    others.map((item) => make("option", { value: item.prompt_id, selected: item.prompt_id === against }, label(item).toLowerCase())));
  const newest = items.at(-1);
  return make("nav", { class: "versions", "aria-label": "Versions" },
    make("h3", {}, "Versions"),
    make("ol", {}, items.map((item) => make("li", {},
      button(label(item), () => on.open(item.prompt_id), {
        id: `version-${item.prompt_id}`, "aria-current": isShown(item) ? "true" : null,
      }),
      make("span", { class: "hint", dir: "auto" }, item.instruction || (item.version === 1 ? "the first" : "answers, or an earlier version brought back"))))),
    make("div", { class: "line" },
      make("label", { for: "against" }, "Compare with"), choice,
      !isShown(newest) && button("Bring this version back", () => on.bringBack(newest.prompt_id))));
}
