"""The gate on names: people, brands and places of the idea are in the prompt as they stand."""

import re
from collections.abc import Iterator

from prompt_improver.improvement.gates.comparison import (
    FailureKind,
    GateFailure,
    Rewrite,
    failure,
    stands_in,
)
from prompt_improver.improvement.gates.numbers import UNITS
from prompt_improver.improvement.gates.technologies import COMMON_NAMES
from prompt_improver.improvement.gates.verbatim import without_set_off
from prompt_improver.improvement.language import WORDS, detect_language
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.reading import mask

# German writes every noun so, and other scripts mark no names by a capital, or inflect them.
LANGUAGES_WITH_NAMES = frozenset(("en", "es", "pt", "fr", "it", ""))
_NAME = lazy_pattern(r"(?<![\w@/.\\{$<\[-])[A-ZÀ-ÖØ-Þ][^\W\d_]{1,30}(?![\w@/\\}>\]]|\.\w|['’]t\b)")
_WORD = lazy_pattern(r"[^\W\d_]{1,40}")
_BEGINS = lazy_pattern(r"(?:\A|[.!?:;…\n\"“«(*•>#|-])[\s\"“«(*•>#¿¡|-]*\Z")
FUNCTION_WORDS = frozenset(" ".join(WORDS.values()).split())
_SAID_OTHERWISE = {
    "cv": "résumé resume currículum curriculum currículo lebenslauf",
    "tv": "television televisión télévision fernsehen",
    "ai": "ia ki",
}
_LONGEST_GAP = 12
_MOST_NAMES = 40
_MOST_TEXT = 20_000
_TITLE_CASE = 0.5
_SHORT_TITLE_CASE = 0.75  # "names Mariana Ferreira" has two names
_MANY_WORDS = 8


def names(rewrite: Rewrite) -> GateFailure | None:
    """Fails where a name of the idea is not in the prompt: a word that is written with a capital
    within a sentence. Where the prompt has a name that nobody gave, it is taken for a change
    (Figueroa for Figueiredo), which contradicts the idea."""
    if rewrite.quotes_idea or (detect_language(rewrite.idea) or "") not in LANGUAGES_WITH_NAMES:
        return None
    # Names of pasted text are kept with it.
    request = mask(rewrite.idea).request
    text = rewrite.text.lower()
    gone = [name for name in names_in(request) if not _stands(name, text)]
    if not gone:
        return None
    given = rewrite.given.lower()
    others = (
        name
        for name in names_in(rewrite.written)
        if name.lower() not in COMMON_NAMES and not _stands(name, given)
    )
    kind = FailureKind.CONTRADICTS if any(others) else FailureKind.MISSING
    return failure("names", (f"Keep this name: {name}" for name in gone), kind)


def _stands(name: str, text: str) -> bool:
    """Whether ``text``, in lower case, has ``name``, as one or as several, or spelt out: CV may
    become a curriculum vitae."""
    lower = name.lower()
    if stands_in(lower, text) or stands_in(f"{lower}s", text):
        return True
    if lower.endswith("s") and stands_in(lower[:-1], text):
        return True
    letters = lower.removesuffix("s") if name[:-1].isupper() else lower
    if not (name[:2].isupper() and 2 <= len(letters) <= 5):
        return False
    if any(stands_in(word, text) for word in _SAID_OTHERWISE.get(letters, "").split()):
        return True
    joined = r"\w*[ -](?:of |the |and |de |del |da |do |des |du |la )?".join(letters)
    return re.search(rf"(?<!\w){joined}\w", text) is not None


def names_in(text: str) -> Iterator[str]:
    """The first names in ``text``, outside of quotations and code; none where capitals say
    nothing."""
    return (name for name, _ in names_at(text))


def names_at(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """As ``names_in``, each with its span."""
    bare = without_set_off(text[:_MOST_TEXT])
    candidates = list(_NAME.finditer(bare))
    if not candidates or _is_title(bare):
        return
    written = set(_WORD.findall(bare))
    found = 0
    for match in candidates:
        name, start = match.group(), match.start()
        lower = name.lower()
        if lower in written or lower in FUNCTION_WORDS or lower in UNITS:
            continue
        if not _BEGINS.search(bare, max(0, start - _LONGEST_GAP), start):
            yield name, match.span()
            found += 1
        if found == _MOST_NAMES:
            return


def _is_title(text: str) -> bool:
    """Whether capitals say nothing here: WRITE A POEM, Write A Poem About Dogs."""
    words = _WORD.findall(text)[1:]  # the first has a capital anyhow
    capitals = sum(1 for word in words if word[0].isupper())
    share = _TITLE_CASE if len(words) >= _MANY_WORDS else _SHORT_TITLE_CASE
    return capitals > share * len(words)
