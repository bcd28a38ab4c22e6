"""What in an idea and its context speaks for a task or a field, beside the request itself."""

from dataclasses import dataclass

from prompt_improver.improvement.offline.grammar import grammar
from prompt_improver.improvement.offline.knowledge import Knowledge, words_of
from prompt_improver.improvement.offline.request import fold
from prompt_improver.improvement.reading import MaskedText

TECHNICAL = frozenset(
    "web security api database infrastructure data mobile testing software".split()
)
_ENOUGH_CONTEXT = 4  # words that may say what is missing
_LOOKED_AT = 2_000  # characters of the context
_LONG_QUOTE = 40


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs of an idea in ``language``."""

    known: Knowledge
    language: str
    folded: str
    words: frozenset[str]
    around: tuple[str, ...]
    """The folded words of the context."""
    fields: dict[str, frozenset[str]]
    """The terms of each field that occur."""
    programming: frozenset[str]
    """Terms of programming in idea and context."""
    technical: bool
    """Independent signs agree that it is about programming: code, a term that has no other
    meaning, or two that have."""
    code: bool
    """Code or a log is there."""
    text: bool
    """A text to work on is there."""
    given: bool
    """Something to work on is there: in the idea, in its context, or named as a file."""
    sensitive: bool

    def says(self, name: str) -> bool:
        """Whether one of the sign patterns of the grammar occurs in the request."""
        return grammar().signs[name].search(self.folded) is not None


def signs_of(known: Knowledge, masked: MaskedText, context: str, language: str) -> Signs:
    """The signs; ``masked`` is the idea."""
    folded, around = fold(masked.masked), fold(context[:_LOOKED_AT])
    words = words_of(folded)
    both = words | words_of(around)
    fields = {name: terms.among(both) for name, terms in known.fields.items()}
    terms: set[str] = set().union(*(fields[name] for name in TECHNICAL))
    programming = terms | known.shared.among(both)
    code = masked.has("code", "fence", "log")
    quotes = (m for m in masked.blocks if m.kind == "quote")
    return Signs(
        known=known,
        language=language,
        folded=folded,
        words=words,
        around=tuple(around.split()),
        fields=fields,
        programming=frozenset(programming),
        technical=code or len(programming) > 1 or any(t not in known.weak for t in terms),
        code=code,
        text=masked.has("pasted") or any(m.end - m.start > _LONG_QUOTE for m in quotes),
        given=bool(masked.materials)
        or len(around.split()) >= _ENOUGH_CONTEXT
        or grammar().signs["shown"].search(folded) is not None,
        sensitive=bool(known.sensitive.among(words)),
    )


def field_of(task: str, signs: Signs) -> str:
    """The field of an idea whose task is certain; ``general`` where nothing names one."""
    if task in _FIELD_OF_TASK:
        return _FIELD_OF_TASK[task]
    counts = {name: len(found) for name, found in signs.fields.items() if found}
    asks = task in ("advise", "explain", "compare")
    of_code = task in signs.known.tasks and signs.known.tasks[task].needs == "code"
    if task == "translate":
        of_code = bool(signs.fields["software"])
    if of_code or signs.code or signs.says("points_at_code") or (asks and signs.technical):
        special = {
            name: count for name, count in counts.items() if name in TECHNICAL - {"software"}
        }
        if special:
            return max(special, key=lambda name: special[name])
        return "infrastructure" if task == "deploy" else "software"
    for name in ("business", "education"):
        if name in counts:
            return name
    return "writing" if task == "write" else "general"


_FIELD_OF_TASK = {"test": "testing", "query": "database"}
