"""What an improvement kept of its idea, what it added, and what it took for granted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from prompt_improver.domain import values


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPiece:
    """Something of the idea that stands in the prompt."""

    kind: str
    """One of KEPT_KINDS."""
    text: str
    """As it stands in the idea, cut to MOST_CHARACTERS; of a language its ISO 639-1 code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Something in a part of the prompt."""

    text: str
    """As it stands in the part."""
    part: str
    """role, directive, framework, guardrails, output_format, assumptions or examples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What there is to see of an improvement, beside its idea."""

    kept: tuple[KeptPiece, ...] = ()
    """What of the idea had to be kept, and is: at most MOST_PIECES of a kind."""
    added: tuple[Passage, ...] = ()
    """Parts, and rules, that nobody asked for."""
    assumed: tuple[Passage, ...] = ()
    """Figures, names, technologies, deadlines and limits that neither idea nor context has,
    and what the prompt says it assumes."""


MOST_PIECES = 20
MOST_CHARACTERS = 200

KEPT_KINDS: Mapping[str, tuple[str, str]] = {
    "placeholder": ("placeholder", "placeholders"),
    "quotation": ("quotation", "quotations"),
    "code": ("piece of code", "pieces of code"),
    "address": ("address", "addresses"),
    "path": ("path", "paths"),
    "identifier": ("identifier", "identifiers"),
    "name": ("name", "names"),
    "number": ("number", "numbers"),
    "limit": ("limit", "limits"),
    "material": ("pasted text", "pasted texts"),
    "language": ("your language", "your language"),
}
"""The kinds in their order, as one and as several are called."""
ADDED_PARTS: Mapping[str, tuple[str, str]] = {
    "role": ("a role", "a role"),
    "framework": ("a method", "a method"),
    "guardrails": ("rule", "rules"),
    "output_format": ("an output format", "an output format"),
    "examples": ("an example", "an example"),
}
"""What is added, by its part, in the same way."""


def tell_evidence(evidence: Evidence | None) -> str:
    """``evidence`` as one sentence: "Kept 2 paths, 3 limits and your language; added 4 rules;
    assumed 1 thing." Empty where there is nothing to tell."""
    if evidence is None:
        return ""
    kept = Counter(piece.kind for piece in evidence.kept)
    added = Counter(passage.part for passage in evidence.added)
    assumed = Counter(["assumed"] * len(evidence.assumed))
    told = (
        ("kept", _list(kept, KEPT_KINDS)),
        ("added", _list(added, ADDED_PARTS)),
        ("assumed", _list(assumed, {"assumed": ("thing", "things")})),
    )
    clauses = [f"{verb} {what}" for verb, what in told if what]
    return f"{'; '.join(clauses).capitalize()}." if clauses else ""


def _list(counts: Counter[str], names: Mapping[str, tuple[str, str]]) -> str:
    said = []
    for kind, (one, several) in names.items():
        if count := counts[kind]:
            # "a role" and "your language" are not counted.
            said.append(one if one == several else f"{count} {one if count == 1 else several}")
    return " and ".join(filter(None, (", ".join(said[:-1]), *said[-1:])))


def evidence(name: str, value: object) -> Evidence:
    """The rule of the field: an Evidence, or the mapping that JSON makes of one; what only a
    later version knows of it is left out."""
    if isinstance(value, Evidence):
        value = {each: getattr(value, each) for each in ("kept", "added", "assumed")}
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be an object, got {type(value).__name__}")

    parts: dict[str, type] = {"kept": KeptPiece, "added": Passage, "assumed": Passage}
    return Evidence(
        **{
            part: values.objects(f"{name}.{part}", value.get(part, ()), kind=kind)
            for part, kind in parts.items()
        }
    )
