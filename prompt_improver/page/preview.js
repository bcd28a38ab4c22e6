// A prompt while it is written: a section for each part, which never counts as the answer.
import { make } from "./dom.js";
import { RESTARTS, STATES } from "./words.js";

const TITLES = {
  role: "Role", directive: "Task", framework: "Method", assumptions: "Assumptions",
  guardrails: "Guardrails", output_format: "Output format", material: "Material", examples: "Example",
};
function goingOn(words) {
  return words ? `${words} …` : null;
}

export class Preview {
  #sections = new Map();
  #thoughts;

  constructor() {
    this.element = make("div", { class: "prompt preview" });
    this.#wait();
  }

  /** Show `event`; returns what there is to say of it, or null. */
  take({ name, data }) {
    if (name === "start") return data.backend === "offline" ? "Working …" : `Asking ${data.model} …`;
    if (name === "status") return goingOn(STATES[data.state]);
    if (name === "delta") this.#body(data.field).append(data.text);
    if (name === "items") {
      this.#body(data.field).replaceChildren(make("ul", {}, data.items.map((item) => make("li", { dir: "auto" }, item))));
    }
    if (name !== "restart") return null;
    this.#wait();
    return goingOn(RESTARTS[data.why]);
  }

  /** Until the first part comes, what the model thinks of the idea stands here. */
  #wait() {
    this.#sections.clear();
    this.#thoughts = make("p", { class: "waiting" });
    this.element.replaceChildren(this.#thoughts);
  }

  #body(field) {
    if (!(field in TITLES)) return this.#thoughts;
    if (!this.#sections.has(field)) {
      if (!this.#sections.size) this.element.replaceChildren();
      const body = make("div", { dir: "auto" });
      this.#sections.set(field, body);
      this.element.append(make("section", {}, make("strong", { class: "heading" }, TITLES[field]), body));
    }
    return this.#sections.get(field);
  }
}
