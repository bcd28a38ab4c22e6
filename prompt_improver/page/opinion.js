// What somebody thinks of an improvement: rating, tags and a note. What is kept so is not cleaned up.
import { button, make, toggle } from "./dom.js";

/** A line that opens; `onChange` gets what is to be changed. */
export function opinion(record, onChange) {
  const rate = (rating) => onChange({ rating: record.rating === rating ? null : rating });
  const addTag = (event) => {
    event.preventDefault();
    const input = event.target.elements.tag;
    const tag = input.value.trim();
    input.value = "";
    if (tag && !record.tags.includes(tag)) onChange({ tags: [...record.tags, tag] });
  };
  const untag = (tag) => onChange({ tags: record.tags.filter((each) => each !== tag) });
  return make("details", { class: "opinion", id: "opinion" },
    make("summary", {}, told(record)),
    make("div", { class: "actions", role: "group", "aria-label": "Rating" },
      toggle("Good", record.rating === 1, () => rate(1), { id: "rate-good" }),
      toggle("Bad", record.rating === -1, () => rate(-1), { id: "rate-bad" })),
    make("form", { onsubmit: addTag, class: "tags" },
      make("label", { for: "tag" }, "Tags"),
      record.tags.length > 0 && make("ul", {}, record.tags.map((tag) => make("li", { class: "tag" }, make("span", { dir: "auto" }, tag),
        button("×", () => untag(tag), { "aria-label": `Take the tag ${tag} away` })))),
      make("div", { class: "line" },
        make("input", { id: "tag", name: "tag", maxlength: "100", autocomplete: "off", "data-draft": true }),
        make("button", { type: "submit" }, "Add"))),
    make("label", { for: "note" }, "Note"),
    make("textarea", {
      id: "note", rows: "2", dir: "auto", "data-draft": true,
      onchange: (event) => onChange({ note: event.target.value.trim() || null }),
    }, record.note ?? ""));
}

function told({ rating, tags, note }) {
  const said = [
    rating === 1 && "Rated good", rating === -1 && "Rated bad",
    tags.length > 0 && `tagged ${tags.join(", ")}`, note && "with a note",
  ].filter(Boolean).join(", ");
  return said ? said[0].toUpperCase() + said.slice(1) : "Rating, tags, note";
}
