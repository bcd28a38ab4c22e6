// The fields of a prompt, {{name}}: filled in here, and by Copy.
import { make } from "./dom.js";
import { fieldsOf } from "./prompt.js";

/** Inputs for the fields of `text`, or null; `values` is a Map that they write into. */
export function fields(text, values, onInput) {
  const names = fieldsOf(text);
  if (!names.length) return null;
  return make("fieldset", { class: "fields" },
    make("legend", {}, "Fill in, and Copy takes it along"),
    names.map((name) => make("label", {}, name,
      make("textarea", {
        rows: "1", dir: "auto", value: values.get(name) ?? "",
        oninput: (event) => {
          values.set(name, event.target.value);
          onInput();
        },
      }))));
}
