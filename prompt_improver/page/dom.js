// Elements, made by hand. Text gets in as text alone: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== false));
  return element;
}

/** An element; `onclick` and the like are listeners, strings among the children are text. */
export function make(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same, for a drawing. */
export function draw(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

export const byId = (id) => document.getElementById(id);

/** A button that says whether it is pressed. */
export function toggle(label, pressed, onclick, properties = {}) {
  return make("button", { type: "button", "aria-pressed": String(pressed), onclick, ...properties }, label);
}

export function button(label, onclick, properties = {}) {
  return make("button", { type: "button", onclick, ...properties }, label);
}

/** "1 thing", "2 things". */
export const counted = (count, one, several) => `${count.toLocaleString("en")} ${count === 1 ? one : several}`;

const SHOWN_MS = 6000;
const status = byId("status");
let hiding = 0;

/** Say what happens, for eyes and for screen readers. A problem stays until the next thing is said,
 * and so does what `goesOn`. */
export function say(text, isProblem = false, goesOn = isProblem) {
  clearTimeout(hiding);
  status.textContent = text;
  status.classList.toggle("problem", isProblem);
  if (!goesOn) hiding = setTimeout(() => (status.textContent = ""), SHOWN_MS);
}
