"""The examples that few-shot shows the model, and which of them fit an idea.

Similarity is the cosine of TF-IDF weights over words and runs of three letters, accents
folded: words tell the subject, runs of letters find "autenticación" in "authentication".
An example in the idea's language gets a bonus, because its language rubs off.
"""

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prompt_improver.domain.values import find_unstorable_character
from prompt_improver.improvement.language import detect_language
from prompt_improver.improvement.model.example_pool import read_pool
from prompt_improver.improvement.structured_prompt import Framework

DEFAULT_DEMONSTRATIONS = Path(__file__).with_name("demonstrations.jsonl")

_TEXTS = ("idea", "context", "reasoning", "role", "directive", "framework", "output_format")
_MAY_BE_BLANK = ("context", "output_format", "framework")
_FIELDS = frozenset({*_TEXTS, "guardrails", "confidence"})
_OPTIONAL: dict[str, Any] = {
    "material": "",
    "assumptions": [],
    "examples": "",
    "questions": [],
}
_LANGUAGE_BONUS = 0.15
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a al an and as at be by con de del do el en es esta este for from in is it la las lo los "
        "me mi my no o of on or para por que se sin su sus that the this to un una us use with y",
    )
)
"""Words that bring no two ideas nearer."""
_LETTERS_WEIGHT = 0.3
"""Of a run of letters against a word: a word has several of them."""
_COMPARED = 2_000
"""Characters of an idea that are compared; bounds the time for a long one."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """One example: an idea with its context, and the parts of a good prompt for it."""

    fields: dict[str, Any]
    """As the signature names them, inputs and outputs."""
    language: str | None
    weights: dict[str, float]
    """TF-IDF weight of each feature of the idea, of length 1 in all."""


class Demonstrations:
    """A training set, weighed once. Reads no file after it is made."""

    def __init__(self, examples: Iterable[dict[str, Any]]) -> None:
        """``examples`` are checked ones, as ``load_demonstrations`` reads them."""
        kept = list(examples)
        counts = [_features(example["idea"], example["context"]) for example in kept]
        seen = Counter(feature for count in counts for feature in count)
        self._rarity = {
            feature: math.log((1 + len(kept)) / (1 + in_how_many)) + 1.0
            for feature, in_how_many in seen.items()
        }
        self._all = []
        for example, count in zip(kept, counts, strict=True):
            language = detect_language(example["idea"])
            fields = {
                **_OPTIONAL,
                **example,
                "language": language or "",
                "correction": "",
                "refused": "",
            }
            self._all.append(Demonstration(fields, language, self._weigh(count)))

    def __len__(self) -> int:
        return len(self._all)

    def choose(self, idea: str, k: int, context: str = "") -> list[Demonstration]:
        """The ``k`` examples nearest to ``idea`` and ``context``, the nearest last, where it
        stands next to the idea. The same for the same two; of examples as near, the earlier in
        the file."""
        language = detect_language(idea)
        weights = self._weigh(_features(idea, context))

        def nearness(demonstration: Demonstration) -> float:
            theirs = demonstration.weights
            cosine = sum(weight * theirs.get(name, 0.0) for name, weight in weights.items())
            same = language is not None and demonstration.language == language
            return cosine + (_LANGUAGE_BONUS if same else 0.0)

        return sorted(self._all, key=nearness, reverse=True)[:k][::-1]

    def _weigh(self, counts: Counter[str]) -> dict[str, float]:
        weights = {
            feature: (1.0 + math.log(count))
            * self._rarity[feature]
            * (_LETTERS_WEIGHT if feature.startswith("#") else 1.0)
            for feature, count in counts.items()
            if feature in self._rarity  # one that no example has brings nothing nearer
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values()))
        return {feature: weight / length for feature, weight in weights.items()} if length else {}


def load_demonstrations(path: Path = DEFAULT_DEMONSTRATIONS) -> Demonstrations:
    """The training set in ``path``: JSON lines, each with idea, context, reasoning, role,
    directive, framework, guardrails, output_format and confidence. Blank lines are passed
    over. A pool of prompt_raycast_ext is taken too (``example_pool``).

    Raises:
        ValueError: the file cannot be read, or a line is not an example; names the path,
            the line and what is wrong with it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise ValueError(f"{path} cannot be read: {why}") from None
    examples = read_pool(text)
    lines = text.split("\n") if examples is None else []
    examples = examples or []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                examples.append(_read_example(line))
            except (ValueError, RecursionError) as error:
                raise ValueError(f"{path}, line {number}: {error}") from None
    if not examples:
        raise ValueError(f"{path} holds no example")
    return Demonstrations(examples)


def _read_example(line: str) -> dict[str, Any]:
    try:
        example = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg} at column {error.colno}") from None
    if not isinstance(example, dict):
        raise ValueError("not a JSON object")
    example.setdefault("context", "")
    if missing := sorted(_FIELDS - example.keys()):
        raise ValueError(f"{', '.join(missing)} missing")
    if unknown := sorted(example.keys() - _FIELDS - _OPTIONAL.keys()):
        raise ValueError(f"{', '.join(unknown)} unknown")
    for name in _TEXTS:
        _check_text(name, example[name], may_be_blank=name in _MAY_BE_BLANK)
    if example["framework"] not in list(Framework):
        raise ValueError(f"framework must be one of {', '.join(Framework)}")
    guardrails = example["guardrails"]
    if not isinstance(guardrails, list) or len(guardrails) > 7:
        raise ValueError("guardrails must be a list of at most 7 texts")
    for rule in guardrails:
        _check_text("guardrails", rule, may_be_blank=False)
    assumptions = example.get("assumptions", [])
    if not isinstance(assumptions, list):
        raise ValueError("assumptions must be a list of texts")
    for line in assumptions:
        _check_text("assumptions", line, may_be_blank=False)
    for name in ("material", "examples"):
        _check_text(name, example.get(name, ""), may_be_blank=True)
    confidence = example["confidence"]
    if type(confidence) not in (int, float) or not 0 <= confidence <= 1:
        raise ValueError("confidence must be a number from 0 to 1")
    return example


def _check_text(name: str, value: object, *, may_be_blank: bool) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text")
    if not may_be_blank and not value.strip():
        raise ValueError(f"{name} must not be blank")
    if found := find_unstorable_character(value):
        raise ValueError(f"{name} must not hold {found}")


def _features(idea: str, context: str) -> Counter[str]:
    """Of both: words, and as ``#abc`` the runs of three letters in them."""
    text = f"{idea[:_COMPARED]}\n{context[:_COMPARED]}"
    folded = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    words = [word for word in re.findall(r"\w+", plain) if word not in _COMMON]
    features = Counter(words)
    for word in words:
        features.update(f"#{word[at : at + 3]}" for at in range(len(word) - 2))
    return features
