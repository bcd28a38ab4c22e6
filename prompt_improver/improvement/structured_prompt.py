"""The parts of an improved prompt, and rendering them as text."""

import dataclasses
import re
from dataclasses import dataclass, replace
from enum import StrEnum

from prompt_improver.domain.question import Question
from prompt_improver.domain.target import Target
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.prompt_wording import ASSUMPTIONS_HOLD, INSTRUCTIONS, WORDING


class Framework(StrEnum):
    """How the prompt asks the model to go about the task."""

    NONE = ""
    """In no way in particular: the prompt has no method."""
    CHAIN_OF_THOUGHT = "chain-of-thought"
    TREE_OF_THOUGHTS = "tree-of-thoughts"
    DECOMPOSITION = "decomposition"
    ROLE_PLAYING = "role-playing"


class GuardrailSource(StrEnum):
    """Where a guardrail comes from."""

    IDEA = "idea"
    CONTEXT = "context"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredPrompt:
    """An improved prompt in parts. Its text is always rendered from them, so that the text
    and the parts cannot disagree. A part that is left out is empty, never None.

    Raises:
        ValueError: there are sources, but not one for each guardrail.
    """

    role: str = ""
    directive: str
    framework: Framework = Framework.NONE
    guardrails: tuple[str, ...] = ()
    guardrail_sources: tuple[GuardrailSource, ...] = ()
    """One for each guardrail; empty where nobody said."""
    output_format: str = ""
    context: str = ""
    material: str = ""
    """What the directive works on, as the user pasted it."""
    original_request: str = ""
    """The idea as it was typed, where the other parts do not hold all of it. Material that
    stands in it is not rendered a second time."""
    assumptions: tuple[str, ...] = ()
    """What the prompt takes for granted that the user did not say."""
    examples: str = ""
    """Of the answer, where its form could be misread."""
    reasoning: str | None = None
    confidence: float | None = None
    language: str | None = "en"
    """ISO 639-1, of the idea, and so of the headings and of the method sentence; None where
    it is not known."""
    _text: str | None = dataclasses.field(default=None, init=False, repr=False, compare=False)
    """What was rendered: the gates, the answer and the record all ask for it."""
    task: str | None = None
    """What kind of request a frame was chosen for; None without a frame."""
    field: str | None = None
    """The field that the frame was chosen for; None without a frame."""
    artefact: str | None = None
    """What the idea is to bring forth; None where that is not certain."""
    questions: tuple[Question, ...] = ()
    """What decides and is still open; the prompt assumes their defaults."""
    target: Target = Target.CHAT
    """What it is written for: a prompt for a picture, and a plain one, have no headings."""

    def __post_init__(self) -> None:
        if self.guardrail_sources and len(self.guardrail_sources) != len(self.guardrails):
            raise ValueError(
                f"{len(self.guardrails)} guardrails have {len(self.guardrail_sources)} sources"
            )

    def render(self) -> str:
        """The prompt as Markdown: role, task, material, original request, context, assumptions,
        method, guardrails, assumed guardrails, output format, example, in this order, without the
        sections that are empty. A directive that stands alone is the whole text, as it is.

        The sections are the only headings at the top level of the result, whatever stands
        in the parts: text that could break out of its section is put in a fence, and the
        context always is. Nothing of any part is changed but white space in the guardrails.
        Headings in a language that has none of ours are English; a method sentence in such
        a language is left out.
        """
        if self._text is None:
            # A frozen dataclass leaves no other way to set a field of its own.
            object.__setattr__(self, "_text", self._rendered())
        assert self._text is not None
        return self._text

    def _guardrails_apart(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The user's rules, and those that are assumed; all are the user's where nobody said."""
        if GuardrailSource.ASSUMED not in self.guardrail_sources:
            return self.guardrails, ()
        pairs = tuple(zip(self.guardrails, self.guardrail_sources, strict=True))
        return (
            tuple(rule for rule, source in pairs if source is not GuardrailSource.ASSUMED),
            tuple(rule for rule, source in pairs if source is GuardrailSource.ASSUMED),
        )

    def _assumed(self) -> str:
        lines = _bullets(self.assumptions)
        hold = ASSUMPTIONS_HOLD.get(self.language or "en", "")
        return f"{hold}\n\n{lines}" if lines and hold else lines

    def _rendered(self) -> str:
        words = WORDING.get(self.language or "en", WORDING["en"])
        method = "" if self.framework is Framework.NONE else words.methods.get(self.framework, "")
        material = "" if self.material in self.original_request else self.material
        original = fence(self.original_request) if self.original_request.strip() else ""
        own, assumed = self._guardrails_apart()
        frame = (
            (words.material, contain_material(material)),
            (words.original_request, original),
            (words.context, fence(self.context) if self.context.strip() else ""),
            (words.assumptions, self._assumed()),
            (words.method, method),
            (words.guardrails, _bullets(own)),
            (words.assumed_guardrails, _bullets(assumed)),
            (words.output_format, contain(self.output_format)),
            (words.examples, contain(self.examples)),
        )
        if not self.role.strip() and not any(body.strip() for _, body in frame):
            return self.directive
        if self.target in (Target.PLAIN, Target.IMAGE):
            bodies = (self.directive, *(body for _, body in frame))
            return "\n\n".join(body for body in bodies if body.strip())
        task = words.task
        if self.target is Target.SYSTEM:
            task = INSTRUCTIONS.get(self.language or "en", INSTRUCTIONS["en"])
        sections = ((words.role, contain(self.role)), (task, contain(self.directive)), *frame)
        return "\n\n".join(f"## {title}\n\n{body}" for title, body in sections if body.strip())


def fit_to_target(prompt: StructuredPrompt) -> StructuredPrompt:
    """``prompt`` without the parts that its target has no place for. What the idea needs of
    them the gates miss in the rest."""
    if prompt.target is Target.AGENT:
        return replace(prompt, role="")
    if prompt.target not in (Target.IMAGE, Target.PLAIN):
        return prompt
    bare = replace(
        prompt, role="", framework=Framework.NONE, guardrails=(), output_format="",
        assumptions=(), examples="",
    )  # fmt: skip
    if prompt.target is Target.IMAGE:
        return replace(bare, directive=" ".join(bare.directive.split()))
    return bare


def _bullets(lines: tuple[str, ...]) -> str:
    return "\n".join(f"- {' '.join(line.split())}" for line in lines)


# Whatever CommonMark reads as a heading, as a fence, or as HTML that runs on past a blank
# line; a line of dashes or equal signs makes a heading of the line above it.
_BREAKS_OUT = lazy_pattern(
    r"(?:\A|[\r\n])[ \t]*"
    r"(?:#{1,6}(?:[ \t\r\n]|\Z)|```|~~~|(?:-+|=+)[ \t]*(?:[\r\n]|\Z)"
    r"|<(?:script|pre|style|textarea|!|\?))",
    re.IGNORECASE,
)


def contain(text: str) -> str:
    """``text`` as it is, or in a fence where it could end the section that it stands in.
    Fences of its own are judged by what stands around them, where all of them are closed."""
    around = _around_fences(text)
    if around is None or _BREAKS_OUT.search(around):
        return fence(text)
    return text.strip()


_OPENS = lazy_pattern(r"(`{3,})[^`]*|(~{3,}).*")


def _around_fences(text: str) -> str | None:
    """``text`` with a word for each fenced block; None where a fence is left open, or where
    it cannot be told by its line alone whether it opens one (set in, or beside HTML)."""
    if "```" not in text and "~~~" not in text:
        return text
    around: list[str] = []
    mark = ""
    for line in text.split("\n"):
        bare = line.strip()
        if mark:
            set_in = line[: len(line) - len(line.lstrip())]
            if bare.startswith(mark) and not bare.strip(mark[0]) and set_in in ("", " ", "  "):
                mark = ""
        elif opened := _OPENS.fullmatch(line):
            mark = opened[1] or opened[2]
            around.append("x")
        elif bare.startswith(("<", ">")) or any(sign in line for sign in ("```", "~~~", "\r")):
            return None
        else:
            around.append(line)
    return None if mark else "\n".join(around)


def fence(text: str) -> str:
    """``text`` verbatim in a fence that nothing in it can close (CommonMark 0.31, 4.5)."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    mark = "`" * max(3, longest + 1)
    return f"{mark}text\n{text}\n{mark}"


_OWN_FENCE = lazy_pattern(r"(`{3,})[^\n`]*\n(.*)\n\1", re.DOTALL)


def contain_material(text: str) -> str:
    """``text`` in a fence; one that the user fenced stays as it is."""
    bare = text.strip("\n")
    own = _OWN_FENCE.fullmatch(bare.rstrip())
    if own and own[1] not in own[2]:
        return bare.rstrip()
    return fence(bare) if bare.strip() else ""
