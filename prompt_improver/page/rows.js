// A list of any length of which only what is seen is drawn.
import { make } from "./dom.js";

const HEIGHT = 60;
/** Rows that are drawn beyond what is seen, above and below. */
const MARGIN = 8;

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

function when(timestamp) {
  const date = new Date(timestamp);
  return (date.toDateString() === new Date().toDateString() ? clock : day).format(date);
}

function facts(item) {
  return [
    item.starred && "★", when(item.timestamp), item.version > 1 && `version ${item.version}`,
    item.rating === 1 && "good", item.rating === -1 && "bad", ...item.tags.map((tag) => `#${tag}`),
  ].filter(Boolean).join(" · ");
}

export class Rows {
  #element;
  #space = make("div", { class: "space", role: "presentation" });
  #drawn = new Map();
  #spare = [];
  #frame = 0;
  #onOpen;
  #onNearEnd;
  items = [];
  selected = -1;

  constructor(element, onOpen, onNearEnd) {
    this.#element = element;
    this.#onOpen = onOpen;
    this.#onNearEnd = onNearEnd;
    element.append(this.#space);
    element.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(element);
    this.#space.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) this.select(Number(row.dataset.index));
    });
  }

  /** Draw what is seen, at the next frame. */
  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Other items, or other facts of them. */
  show(items) {
    this.items = items;
    this.#element.hidden = items.length === 0;
    this.#space.style.height = `${items.length * HEIGHT}px`;
    for (const index of [...this.#drawn.keys()]) this.#put(index);
    this.draw();
  }

  /** Make the row at `index` the selected one, see to it that it is seen, and open it. */
  select(index, isOpened = true) {
    if (!this.items.length) return;
    this.selected = Math.max(0, Math.min(index, this.items.length - 1));
    const top = this.selected * HEIGHT;
    const { scrollTop, clientHeight } = this.#element;
    if (top < scrollTop) this.#element.scrollTop = top;
    else if (top + HEIGHT > scrollTop + clientHeight) this.#element.scrollTop = top + HEIGHT - clientHeight;
    this.draw();
    if (isOpened) this.#onOpen(this.items[this.selected]);
  }

  /** How many rows are seen at once. */
  get page() {
    return Math.max(1, Math.floor(this.#element.clientHeight / HEIGHT) - 1);
  }

  toTop() {
    this.#element.scrollTop = 0;
  }

  /** Rows came or went above: what is seen stays where it is. */
  shift(count) {
    if (this.selected >= 0) this.selected += count;
    if (this.#element.scrollTop > 0) this.#element.scrollTop += count * HEIGHT;
  }

  #draw() {
    const { scrollTop, clientHeight } = this.#element;
    const first = Math.max(0, Math.floor(scrollTop / HEIGHT) - MARGIN);
    const last = Math.min(this.items.length, Math.ceil((scrollTop + clientHeight) / HEIGHT) + MARGIN);
    for (const index of [...this.#drawn.keys()]) if (index < first || index >= last) this.#put(index);
    for (let index = first; index < last; index++) {
      if (!this.#drawn.has(index)) this.#take(index);
      this.#drawn.get(index).setAttribute("aria-selected", String(index === this.selected));
    }
    if (this.#drawn.has(this.selected)) this.#element.setAttribute("aria-activedescendant", `row-${this.selected}`);
    else this.#element.removeAttribute("aria-activedescendant");
    if (last > this.items.length - 60) this.#onNearEnd();
  }

  #put(index) {
    const row = this.#drawn.get(index);
    this.#drawn.delete(index);
    row.hidden = true;
    this.#spare.push(row);
  }

  #take(index) {
    const row = this.#spare.pop() ?? this.#make();
    const item = this.items[index];
    row.hidden = false;
    row.id = `row-${index}`;
    row.dataset.index = index;
    row.style.transform = `translateY(${index * HEIGHT}px)`;
    row.setAttribute("aria-posinset", index + 1);
    row.setAttribute("aria-setsize", -1);
    row.firstChild.textContent = item.idea;
    row.lastChild.textContent = facts(item);
    this.#drawn.set(index, row);
  }

  #make() {
    const row = make("div", { class: "row", role: "option" },
      make("span", { class: "row-idea", dir: "auto" }), make("span", { class: "row-facts" }));
    this.#space.append(row);
    return row;
  }
}
