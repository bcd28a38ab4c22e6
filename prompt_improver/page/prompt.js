// The text of a prompt: selectable and exact, with its headings and what it assumes set off.
import { make } from "./dom.js";

const HEADING = /^#{1,6} .*$/gm;
const FIELD = /\{\{\s*([\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,60}?)\s*\}\}/gu;
/** Names of the `{{name}}` fields, each once. */
export const fieldsOf = (text) => [...new Set([...text.matchAll(FIELD)].map((found) => found[1]))];

/** `text` with its fields filled in; one that is blank stays as it is. */
export const filledIn = (text, values) =>
  text.replace(FIELD, (whole, name) => values.get(name)?.trim() ? values.get(name) : whole);

/** What of `text` is to be set off, in order, without overlaps. */
function spans(text, assumed) {
  const found = [];
  for (const { index, 0: { length } } of text.matchAll(HEADING)) {
    found.push({ start: index, end: index + length, tag: "strong", class: "heading" });
  }
  for (const { index, 0: { length } } of text.matchAll(FIELD)) {
    found.push({ start: index, end: index + length, tag: "span", class: "field", isField: true });
  }
  for (const piece of assumed) {
    const start = piece ? text.indexOf(piece) : -1;
    if (start < 0) continue;
    found.push({ start, end: start + piece.length, tag: "mark", title: "Assumed: neither your idea nor the context says so." });
  }
  return found.sort((one, other) => one.start - other.start || other.end - one.end);
}

/** Fill `element` with `text`, its fields by `values`. Its text content is that, to the character. */
export function showPrompt(element, text, assumed = [], values = new Map()) {
  const parts = [];
  let at = 0;
  for (const { start, end, tag, isField, ...properties } of spans(text, assumed)) {
    if (start < at) continue;
    parts.push(text.slice(at, start), make(tag, properties, isField ? filledIn(text.slice(start, end), values) : text.slice(start, end)));
    at = end;
  }
  element.replaceChildren(...parts, text.slice(at));
}

/** Fill `element` with what two texts have in common and what each has alone. */
export function showDiff(element, ops) {
  const tags = { keep: "span", add: "ins", remove: "del" };
  element.replaceChildren(...ops.map(({ op, text }) => make(tags[op], {}, text)));
}

/** Put `text` on the clipboard, which browsers have for https and this machine alone. */
export async function copy(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // not allowed here: the old way may be
    }
  }
  const area = make("textarea", { class: "off-screen", value: text, "aria-hidden": "true", tabindex: "-1" });
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return done;
}
