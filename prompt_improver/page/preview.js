// A prompt while it is written: a section for each part, which never counts as the answer.
import { make } from "./dom.js";

const TITLES = {
  role: "Role", directive: "Task", framework: "Method", assumptions: "Assumptions",
  guardrails: "Guardrails", output_format: "Output format", material: "Material", examples: "Example",
};
const STATES = {
  reading: "The model is reading …", thinking: "The model is thinking …", writing: "The model is writing …",
  checking: "Checking it against your idea …", correcting: "The model is correcting it …",
};
const RESTARTS = {
  retry: "The connection to the model broke: once more …",
  correction: "Something of your idea was lost: the model is correcting it …",
  fallback: "The model gave no answer: the offline backend makes the prompt …",
};

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
    if (name === "status") return STATES[data.state] ?? null;
    if (name === "delta") this.#body(data.field).append(data.text);
    if (name === "items") {
      this.#body(data.field).replaceChildren(make("ul", {}, data.items.map((item) => make("li", { dir: "auto" }, item))));
    }
    if (name !== "restart") return null;
    this.#wait();
    return RESTARTS[data.why] ?? null;
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
