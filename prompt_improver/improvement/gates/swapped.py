"""The gate on values that have changed places: 3 easy and 5 hard, from A to B."""

from collections.abc import Iterator
from itertools import combinations

from prompt_improver.improvement.gates.comparison import GateFailure, Rewrite, failure
from prompt_improver.improvement.gates.names import FUNCTION_WORDS
from prompt_improver.improvement.gates.numbers import UNITS, WORDS_OF_NUMBERS
from prompt_improver.improvement.language import stems_of
from prompt_improver.improvement.lazy_pattern import lazy_pattern

_TOKEN = lazy_pattern(r"\d+(?:[.,:]\d+)*|[^\W\d_]+|[.;,:!?\n()]")
_REACH = 3
_FROM = frozenset("from de del du von vom da dal от από".split())
_TO = frozenset("to into a al à au an nach ao para per in en auf к на σε".split())
_AND = frozenset("and or y o e ou et und oder и или και ή".split())
_SKIPPED = frozenset("the a an my our el la los las le les der die das dem den il lo o os".split())
_MOST_VALUES = 20
_LONGEST_TEXT = 8_000


def swapped(rewrite: Rewrite) -> GateFailure | None:
    """Fails where the prompt has two numbers of the idea each beside the word that the other
    one stands beside there, or "from A to B" the other way round."""
    if rewrite.quotes_idea:
        return None
    return failure("swapped", dict.fromkeys(_swapped(rewrite)))


def _swapped(rewrite: Rewrite) -> Iterator[str]:
    idea = _TOKEN.findall(rewrite.idea[:_LONGEST_TEXT].lower())
    numbers = _beside(idea)
    two = len(numbers) > 1
    has_ends = not _FROM.isdisjoint(idea) and not _TO.isdisjoint(idea)
    if not (two or has_ends):
        return
    text = _TOKEN.findall(rewrite.written[: 2 * _LONGEST_TEXT].lower())
    if two:
        yield from _on_numbers(numbers, _beside(text))
    if has_ends:
        yield from _on_ends(idea, text)


def _on_numbers(wanted: dict[str, set[str]], found: dict[str, set[str]]) -> Iterator[str]:
    for one, other in combinations(list(wanted)[:_MOST_VALUES], 2):
        ones, others = wanted[one] - wanted[other], wanted[other] - wanted[one]
        if not (ones and others and one in found and other in found):
            continue
        moved = found[one] & others - ones and found[other] & ones - others
        if moved and not found[one] & ones and not found[other] & others:
            yield f"Keep {one} and {other} each with what it stands for in the idea."


def _on_ends(idea: list[str], text: list[str]) -> Iterator[str]:
    starts, ends = _after(idea, _FROM), _after(idea, _TO)
    starts, ends = starts - ends, ends - starts
    begun, ended = _after(text, _FROM), _after(text, _TO)
    if starts & (ended - begun) and ends & (begun - ended):
        yield "Keep from where to where, and from whom to whom, as in the idea."


def _beside(tokens: list[str]) -> dict[str, set[str]]:
    """By number, the stems of the first word of meaning after it, or else of the one before."""
    found: dict[str, set[str]] = {}
    for position, token in enumerate(tokens):
        number = token if token[0].isdigit() else WORDS_OF_NUMBERS.get(token, "")
        if not number or number == "1":
            continue
        before = reversed(tokens[max(0, position - _REACH) : position])
        after = tokens[position + 1 : position + 1 + _REACH]
        found.setdefault(number, set()).update(_first(after) or _first(before))
    return found


def _first(tokens: object) -> tuple[str, ...]:
    for token in tokens:  # type: ignore[attr-defined]
        if not token[0].isalpha() or token in WORDS_OF_NUMBERS or token in _AND:
            return ()
        if token not in FUNCTION_WORDS and token not in UNITS:
            return stems_of(token)
    return ()


def _after(tokens: list[str], words: frozenset[str]) -> set[str]:
    """The words right after any of ``words``, articles left out."""
    found = set()
    for position, token in enumerate(tokens):
        if token in words:
            rest = [each for each in tokens[position + 1 : position + 3] if each not in _SKIPPED]
            if rest and rest[0][0].isalpha() and rest[0] not in words:
                found.add(rest[0])
    return found
