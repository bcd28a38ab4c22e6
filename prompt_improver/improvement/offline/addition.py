"""What is added to an idea: by an artefact, by the frame of a task, or by a target."""

from dataclasses import dataclass
from typing import Any

from prompt_improver.domain.question import Question
from prompt_improver.improvement.brief import Brief
from prompt_improver.improvement.offline.artefacts import Artefact, open_facts, questions_of
from prompt_improver.improvement.offline.knowledge import knowledge
from prompt_improver.improvement.offline.recognition import Recognition
from prompt_improver.improvement.offline.request import fold
from prompt_improver.improvement.offline.targets import targets
from prompt_improver.improvement.reading import Form, MaskedText, mask

MATERIAL = "material"
"""Id of the question for what the task works on."""
_LONGEST_POINTER = 120
_LONGEST_ERROR = 100  # characters of the name of an error with its message
_ENOUGH_CONTEXT = 4  # words that may be something to work on


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """Sentences in the language of the idea."""

    asks: str = ""
    """The line that asks for what is missing, before anything else; it is one of the rules."""
    rules: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    output: str = ""
    questions: tuple[Question, ...] = ()
    artefact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """An idea as it was read."""

    idea: str
    context: str
    masked: MaskedText
    form: Form
    language: str | None
    seen: Recognition

    @property
    def told(self) -> str:
        """The folded words of request and context."""
        return fold(f"{self.masked.masked}\n{self.context[:2_000]}")

    @property
    def given(self) -> bool:
        """Whether there is something to work on."""
        return bool(self.masked.blocks) or len(self.context.split()) >= _ENOUGH_CONTEXT

    @property
    def has_code(self) -> bool:
        """Whether code, or the name of a file, is there: an error's name alone is neither."""
        pieces = (*self.masked.materials, *mask(self.context).materials)
        kinds = ("fence", "code", "pasted", "signs", "name", "address")
        return any(m.kind in kinds or m.end - m.start > _LONGEST_ERROR for m in pieces)

    @property
    def quiet(self) -> bool:
        """Nothing besides the thing itself is wanted."""
        return self.form.only or "one" in self.form.formats


def addition_for(read: Read, brief: Brief) -> Addition:
    """What is right to add; nothing where that is not certain."""
    artefact, language = read.seen.artefact, read.language or ""
    if artefact:
        if read.seen.missing and artefact.material and MATERIAL not in brief.taken:
            return _request_for_material(artefact.material, artefact.name, language, brief)
        if artefact.material == "bug" and not read.has_code and MATERIAL not in brief.taken:
            # The fault is told in words: something can be said, but nothing corrected.
            return _request_for_material("bug", artefact.name, language, brief, line="told")
        return _of_artefact(read, artefact, language, brief)
    if read.seen.frame and language:
        return _of_frame(read, read.seen.frame, language, brief)
    return _of_pointer(read, language, brief)


def _of_artefact(read: Read, artefact: Artefact, language: str, brief: Brief) -> Addition:
    told = read.told
    # A length that is stated in whatever words is no open fact.
    settled = brief.taken | ({"length"} if read.form.length else set())
    facts = open_facts(artefact.facts, told, settled, given=read.given)
    rules = tuple(rule.texts[language] for rule in artefact.rules if rule.fits(told, read.form))
    parts = artefact.parts
    return Addition(
        rules=() if read.quiet else rules,
        assumptions=() if read.form.only else tuple(fact.default[language] for fact in facts),
        output=parts.texts[language] if parts and parts.fits(told, read.form) else "",
        questions=questions_of(facts, language, brief.answered),
        artefact=artefact.name,
    )


def _request_for_material(
    material: str, artefact: str | None, language: str, brief: Brief, *, line: str = "line"
) -> Addition:
    words = targets().missing[material]
    question = Question(id=MATERIAL, text=words["text"][language], why=words["why"][language])
    rule = words[line][language]
    questions = () if MATERIAL in brief.answered else (question,)
    asks = rule if line == "line" else ""
    return Addition(asks=asks, rules=(rule,), questions=questions, artefact=artefact)


def _of_frame(read: Read, name: str, language: str, brief: Brief) -> Addition:
    frame = knowledge().frames[name]
    told = read.told
    if read.seen.missing and not read.quiet and MATERIAL not in brief.taken:
        return _request_for_material(frame["missing"], None, language, brief)
    number = any(map(str.isdigit, read.masked.masked))
    rules = tuple(
        rule[language]
        for rule in frame["rules"]
        if _fits(rule, read.form, told, given=read.given, number=number)
    )
    output = frame.get("output")
    stated = read.form.stated & {"formats", "counts", "length", "only", "waits"}
    fits = output and _fits(output, read.form, told, given=read.given, number=number)
    return Addition(rules=rules, output=output[language] if fits and not stated else "")


def _fits(line: dict[str, Any], form: Form, told: str, *, given: bool, number: bool) -> bool:
    """Whether a line of a frame is right for this idea; see knowledge/frames.toml."""
    if not form.stated.isdisjoint(line.get("unless", ())):
        return False
    if "without" in line and line["without"].search(told):
        return False
    if "only_if" in line and not line["only_if"].search(told):
        return False
    return {"material": given, "none": not given, "number": number}.get(line.get("when", ""), True)


def _of_pointer(read: Read, language: str, brief: Brief) -> Addition:
    """Where the idea is nothing but a pointer to material that neither it nor the context
    has."""
    missing = knowledge().missing.get(language)
    given = read.masked.materials or read.context.strip() or MATERIAL in brief.taken
    if missing is None or given or len(read.masked.text) > _LONGEST_POINTER:
        return Addition()
    if read.form.only or read.form.waits:
        return Addition()
    if not missing.forms.fullmatch(read.masked.text.lower().replace("’", "'")):
        return Addition()
    question = Question(id=MATERIAL, text=missing.question, why=missing.why)
    questions = () if MATERIAL in brief.answered else (question,)
    return Addition(asks=missing.line, rules=(missing.line,), questions=questions)
