"""The limits of texts in scripts without spaces: a clause between two marks is a rule."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from prompt_improver.improvement.gates.limit import Limit
from prompt_improver.improvement.lazy_pattern import lazy_pattern

_NUMBER = (
    r"(?:[0-9０-９一二三四五六七八九十百千万两几数兩]+|(?:한|두|세|네|다섯) ?|หนึ่ง|สอง|สาม|สี่|ห้า)"
)
_MOST_CHARACTERS = 60
_CLAUSE = lazy_pattern(r"[^，,、。．；;！!？?：:\n()（）「」『』【】]+")
_LEAD = lazy_pattern(r"[\s*•-]*")
_SPACED_CLAUSE = lazy_pattern(r"[^,.;!?:\n()]+")
_THAI_CLAUSE = lazy_pattern(
    r"[^\s,.;!?:()]+(?: [^\s,.;!?:()]*\d[^\s,.;!?:()]*(?: [^\s,.;!?:()]+)?)*"
)

_PHRASES = Path(__file__).with_name("unspaced_limit_phrases.toml")


@cache
def _phrases() -> dict[str, tuple[tuple[str, bool, re.Pattern[str]], ...]]:
    """By language: kind, whether the limit ends with its phrase, and the phrase."""
    return {
        language: tuple(
            (
                kind.removesuffix("_upto"),
                kind.endswith("_upto"),
                lazy_pattern("|".join(phrases).replace("N", _NUMBER)),
            )
            for kind, phrases in kinds.items()
        )
        for language, kinds in tomllib.loads(_PHRASES.read_text("utf-8")).items()
    }


UNSPACED = frozenset(("zh", "ja", "ko", "th"))
_CLAUSES = {"ko": _SPACED_CLAUSE, "th": _THAI_CLAUSE}


def unspaced_limits(text: str, plain: str, language: str) -> Iterator[Limit]:
    """The limits of ``plain``, which is ``text`` with what may not be lifted blotted out."""
    for clause in _CLAUSES.get(language, _CLAUSE).finditer(plain):
        start, end = clause.span()
        start = _LEAD.match(plain, start).end()  # type: ignore[union-attr]
        end -= len(clause.group()) - len(clause.group().rstrip())
        if not 3 <= end - start <= _MOST_CHARACTERS or plain[end : end + 1] in ("?", "？"):
            continue
        body = plain[start:end]
        for kind, upto, pattern in _phrases()[language]:
            if match := pattern.search(body):
                last = start + match.end() if upto else end
                yield Limit(text[start:last], start, last, kind)
                break
