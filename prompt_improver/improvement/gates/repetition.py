"""The gate on saying the same thing twice."""

from collections.abc import Iterator

from prompt_improver.improvement.gates.comparison import GateFailure, Rewrite, failure
from prompt_improver.improvement.gates.limit_words import CARRYING
from prompt_improver.improvement.language import WORDS
from prompt_improver.improvement.lazy_pattern import lazy_pattern

_SENTENCE_END = lazy_pattern(r"[.!?;]\s+|\n+")
_WORD = lazy_pattern(r"[^\W_]+")
_EMPTY = frozenset(" ".join(WORDS.values()).split()) - CARRYING
_EDGES = " \t\r.,;:!?¡¿-*•>#\"'`_"
_SHORT = 4
"""Words under which a sentence may come twice ("Answer in JSON." here and there)."""
_ALIKE = 0.85
_FEW = 6
"""Words of meaning under which two sections may share all of them."""
_MOST_GUARDRAILS = 40  # the comparison is pair by pair


def repetition(rewrite: Rewrite) -> GateFailure | None:
    """Fails where a sentence or a guardrail comes twice, or a section says what another
    one says. What the user wrote twice may stand twice."""
    return failure("repetition", dict.fromkeys(_repeated(rewrite)))


def _repeated(rewrite: Rewrite) -> Iterator[str]:
    prompt = rewrite.prompt
    seen: set[str] = set()
    for part in rewrite.parts:
        for sentence in _SENTENCE_END.split(rewrite.without_given(part)):
            key = sentence.strip(_EDGES).lower()
            if key.count(" ") >= _SHORT - 1:
                key = " ".join(key.split())
                if key in seen and not rewrite.is_given(sentence.strip()):
                    yield f"Say this once: {sentence.strip()}"
                seen.add(key)
    yield from _alike_guardrails(prompt.guardrails[:_MOST_GUARDRAILS])
    sections = {
        "role": prompt.role,
        "directive": rewrite.without_given(prompt.directive),
        "output format": prompt.output_format,
    }
    meant = [(name, _meaning(text)) for name, text in sections.items()]
    for position, (name, words_of_one) in enumerate(meant):
        for other, words_of_other in meant[position + 1 :]:
            less = min(len(words_of_one), len(words_of_other))
            if less >= _FEW and len(words_of_one & words_of_other) >= _ALIKE * less:
                yield f"The {name} and the {other} say the same: keep it in one of them."


def _alike_guardrails(guardrails: tuple[str, ...]) -> Iterator[str]:
    every = [set(_WORD.findall(rule.lower())) for rule in guardrails]
    for position, words in enumerate(every):
        if any(_says_the_same(words, other) for other in every[:position]):
            yield f"Say this guardrail once: {guardrails[position]}"


def _says_the_same(words: set[str], others: set[str]) -> bool:
    """Whether two guardrails differ in a word or two that turn nothing round: "no tests" is
    not "tests", nor "at least" "at most", nor 3 files 5 files."""
    apart = words ^ others
    if not words or not apart:
        return bool(words)
    if len(apart) > 3 or apart & _TURNING or any(word[0].isdigit() for word in apart):
        return False
    meant, also_meant = words - _EMPTY, others - _EMPTY
    both = len(meant & also_meant)
    return len(meant) > 2 and both >= _ALIKE * len(meant | also_meant)


_TURNING = frozenset(
    "not no least most never without only don t more less sin nunca más menos solo sólo "
    "minimum maximum máximo mínimo before after antes después".split()
)


def _meaning(text: str) -> set[str]:
    return set(_WORD.findall(text.lower())) - _EMPTY
