// What became of the idea: warnings as sentences, evidence as a line that opens.
import { make } from "./dom.js";
import { ADDED_PARTS, KEPT_KINDS, WARNINGS } from "./words.js";

/** The sentences of a record's warnings; null where there is none. */
export function notices(record) {
  const sentences = (record.warnings ?? [])
    .filter((code) => code !== "already_good")
    .map((code) => WARNINGS[code] ?? code);
  if (record.saved === "dropped") sentences.push("This improvement could not be kept. Copy it if you need it.");
  if (record.saved === "spooled") sentences.push("The history cannot be written: this improvement waits in the spool.");
  return sentences.length ? make("ul", { class: "notices" }, sentences.map((text) => make("li", { class: "notice" }, text))) : null;
}

function list(names, kinds) {
  const said = Object.entries(kinds).flatMap(([kind, [one, several]]) => {
    const count = names.filter((name) => name === kind).length;
    if (!count) return [];
    return one === several ? [one] : [`${count} ${count === 1 ? one : several}`];
  });
  return said.length > 1 ? `${said.slice(0, -1).join(", ")} and ${said.at(-1)}` : said.join("");
}

function sentence({ kept, added, assumed }) {
  const told = [
    ["kept", list(kept.map((each) => each.kind), KEPT_KINDS)],
    ["added", list(added.map((each) => each.part), ADDED_PARTS)],
    ["assumed", list(assumed.map(() => "assumed"), { assumed: ["thing", "things"] })],
  ].filter(([, what]) => what).map(([verb, what]) => `${verb} ${what}`).join("; ");
  return told ? `${told[0].toUpperCase()}${told.slice(1)}.` : "";
}

function pieces(heading, texts, explanation) {
  if (!texts.length) return null;
  return [
    make("dt", {}, heading, explanation && make("span", { class: "hint" }, ` ${explanation}`)),
    ...texts.map((text) => make("dd", { dir: "auto" }, text)),
  ];
}

/** A line that opens; null where there is nothing to tell. */
export function evidence(record) {
  const found = record.evidence;
  const told = found && sentence(found);
  if (!told) return null;
  const kept = found.kept.filter((each) => each.kind !== "language");
  return make("details", { class: "evidence" },
    make("summary", {}, told),
    make("dl", {},
      pieces("Assumed", found.assumed.map((each) => each.text), "neither your idea nor the context says so; look here first"),
      pieces("Added", found.added.map((each) => each.text), "nobody asked for it"),
      pieces("Kept", kept.map((each) => each.text), "it was in your idea and is in the prompt")));
}
