"""The phrases of ``limit_phrases.toml``, compiled."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from prompt_improver.improvement.gates.numbers import ARTICLES, WORDS_OF_NUMBERS
from prompt_improver.improvement.lazy_pattern import lazy_pattern

_PHRASES = Path(__file__).with_name("limit_phrases.toml")
_SECTION = lazy_pattern(r"^\[(\w+)\]\n", re.MULTILINE)
_KINDS = {"ban": "not"}
_N = lazy_pattern(r"(?<![\w\\])N(?!\w)")
_NUMBER = rf"(?:\d[\d.,]*|{'|'.join(sorted(WORDS_OF_NUMBERS, key=len, reverse=True))})\b"
_OR_ONE = rf"(?:{_NUMBER}|(?:{'|'.join(sorted(ARTICLES, key=len, reverse=True))})\b)"
HAS_NUMBER = lazy_pattern(rf"\d|(?<!\w){_OR_ONE}")


@dataclass(frozen=True, slots=True)
class LimitPatterns:
    """The phrases of one language, compiled."""

    signs: re.Pattern[str]
    numbers: re.Pattern[str]
    start: re.Pattern[str]
    whole: re.Pattern[str]
    opens: re.Pattern[str]
    splits: re.Pattern[str]
    ends_number: re.Pattern[str]
    leads_number: re.Pattern[str]
    tells: re.Pattern[str]


@cache
def _sections() -> dict[str, str]:
    """TOML of each language: an idea needs one, and TOML is slow to parse."""
    _, *parts = _SECTION.split(_PHRASES.read_text("utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))


@cache
def limit_patterns(language: str) -> LimitPatterns | None:
    """The phrases of ``language``, an ISO 639-1 code; None where we have none. Read at the
    first call."""
    if language not in _sections():
        return None
    phrases = tomllib.loads(_sections()[language])
    known = {name: "|".join(each) for name, each in phrases.items()}

    def kinds(*names: str) -> str:
        return "|".join(
            f"(?P<{_KINDS.get(name.partition('_')[0], name.partition('_')[0])}>{known[name]})"
            for name in names
        )

    def words(pattern: str) -> re.Pattern[str]:
        return lazy_pattern(rf"(?<![\w/\-'])(?:{pattern})")

    # "at most a page" is a bound, "in a page" is no count.
    bounds = _N.sub(lambda _: _OR_ONE, kinds("most", "least"))
    numbers = f"{bounds}|{_N.sub(lambda _: _NUMBER, kinds('count'))}"
    return LimitPatterns(
        signs=lazy_pattern(known["signs"]),
        numbers=words(numbers),
        start=words(rf"(?:{kinds('ban_from', 'only_from', 'deadline')})(?:(?<=')|(?!\w))"),
        whole=words(kinds("ban_whole", "only_whole", "keep_whole", "must_whole")),
        opens=lazy_pattern(rf"(?:(?:{known['opens']})(?!\w)[ ,:]*)+"),
        splits=words(rf"(?:{known['splits']})(?!\w)"),
        ends_number=lazy_pattern(known["ends_number"]),
        leads_number=lazy_pattern(rf"(?<!\w)(?:{known['leads_number']}) $"),
        tells=words(rf"(?:{known['tells']})(?!\w)"),
    )
