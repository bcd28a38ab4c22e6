// What of the history is asked for: words and filters.
import { byId } from "./dom.js";

const DEBOUNCE_MS = 200;
const search = byId("search");
const form = byId("filter-form");

/** As the API takes it; what is left blank is left out. */
export function wanted() {
  const query = new URLSearchParams();
  if (search.value.trim()) query.set("q", search.value.trim());
  for (const [name, value] of new FormData(form)) if (value.trim()) query.set(name, value.trim());
  const count = [...query.keys()].filter((name) => name !== "q").length;
  byId("filters").querySelector("summary").textContent = count ? `Filters (${count})` : "Filters";
  return query;
}

/** Call `onChange` once nobody has typed for a moment. */
export function listen(onChange) {
  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, DEBOUNCE_MS);
  };
  search.addEventListener("input", soon);
  form.addEventListener("input", soon);
  form.addEventListener("reset", soon);
  form.addEventListener("submit", (event) => event.preventDefault());
}
