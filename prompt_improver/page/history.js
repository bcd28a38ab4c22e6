// The history: found as one types, as long as it may be, and deleted with a way back.
import { get, itemAddress, send } from "./api.js";
import { byId, counted, say } from "./dom.js";
import * as filters from "./filters.js";
import { Rows } from "./rows.js";
import { offerUndo } from "./undo.js";

const PAGE = 100;
const status = byId("history-status");
/** What is being deleted, and can still be taken back. */
const leaving = new Set();
/** What was improved here and may still be on its way into the database. */
let fresh = [];
let items = [];
let cursor = null;
let isLoading = false;
let asking = new AbortController();
let rows;

/** What the list shows of a record. Whole ones of 10,000 would be 30 MB. */
const summary = ({ prompt_id, original_idea, timestamp, starred, rating, tags, version, instruction }) => ({
  prompt_id, timestamp, starred, rating, tags, version,
  idea: (version > 1 && instruction ? `${instruction} · ${original_idea}` : original_idea).slice(0, 160).trim() || "(blank)",
});

export function startHistory(onOpen) {
  rows = new Rows(byId("rows"), onOpen, loadMore);
  filters.listen(reload);
  byId("rows").addEventListener("keydown", (event) => {
    const to = {
      ArrowDown: rows.selected + 1, ArrowUp: rows.selected - 1, Home: 0, End: items.length - 1,
      PageDown: rows.selected + rows.page, PageUp: rows.selected - rows.page, Enter: rows.selected,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    rows.select(to);
  });
  return reload();
}

/** From the start, as the filters are now. */
export async function reload() {
  asking.abort();
  asking = new AbortController();
  isLoading = false;
  await load(null);
}

function loadMore() {
  if (cursor && !isLoading) load(cursor);
}

async function load(from) {
  const query = filters.wanted();
  const isFiltered = query.size > 0;
  query.set("limit", PAGE);
  if (from) query.set("cursor", from);
  isLoading = true;
  const { signal } = asking;
  try {
    const page = await get(`api/v1/history?${query}`, { signal });
    const found = page.items.map(summary);
    const ids = new Set(found.map((item) => item.prompt_id));
    fresh = fresh.filter((item) => !ids.has(item.prompt_id));
    if (from) items = [...items.filter((item) => !ids.has(item.prompt_id)), ...found];
    else items = isFiltered ? found : [...fresh, ...found];
    cursor = page.next_cursor;
    if (!from) {
      rows.selected = -1;
      rows.toTop();
    }
    show(isFiltered);
    isLoading = false;
  } catch (error) {
    if (error.name === "AbortError") return;
    isLoading = false;
    cursor = null;
    if (!from) items = [];
    show(isFiltered);
    status.textContent = error.code === "history_missing" ? "Nothing here yet. What you improve is kept here." : error.message;
  }
}

function show(isFiltered) {
  const shown = items.filter((item) => !leaving.has(item.prompt_id));
  rows.show(shown);
  if (!shown.length) {
    status.textContent = isFiltered ? "Nothing fits." : "Nothing here yet. What you improve is kept here.";
  } else status.textContent = cursor ? `The newest ${shown.length.toLocaleString("en")}; more as you scroll` : counted(shown.length, "improvement", "improvements");
}

/** A new improvement: it comes first. */
export function add(record) {
  const item = summary({ ...record, timestamp: record.timestamp ?? new Date().toISOString() });
  fresh = [item, ...fresh];
  if (filters.wanted().size > 0) {
    reload();
    return;
  }
  items = [item, ...items];
  rows.shift(1);
  show(false);
  rows.select(0, false);
}

/** Facts of one have changed. */
export function update(record) {
  const changed = (item) => (item.prompt_id === record.prompt_id ? summary(record) : item);
  items = items.map(changed);
  fresh = fresh.map(changed);
  show(filters.wanted().size > 0);
}

export const move = (by) => rows.select(rows.selected + by);

/** Delete it once there is no way back any more. */
export function remove(record, onBack) {
  const id = record.prompt_id;
  const isFiltered = () => filters.wanted().size > 0;
  leaving.add(id);
  rows.selected = -1;
  show(isFiltered());
  offerUndo("Deleted.", () => {
    leaving.delete(id);
    show(isFiltered());
    onBack();
  }, async () => {
    try {
      await send("DELETE", itemAddress(id), { keepalive: true });
      items = items.filter((item) => item.prompt_id !== id);
      fresh = fresh.filter((item) => item.prompt_id !== id);
    } catch (error) {
      if (error.code !== "improvement_not_found") say(`Not deleted. ${error.message}`, true);
    }
    leaving.delete(id);
    show(isFiltered());
  });
}
