"""The gate on what must be kept letter for letter: quoted pieces, code, addresses, numbers."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from prompt_improver.improvement.gates.comparison import (
    FailureKind,
    GateFailure,
    Rewrite,
    failure,
    stands_in,
)
from prompt_improver.improvement.gates.numbers import apart, lost_numbers
from prompt_improver.improvement.gates.periods import lost_periods
from prompt_improver.improvement.language import WORDS
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.reading import mask

SET_OFF = lazy_pattern(
    r"```[^\n`]*\n(?s:(?P<fence>.*?))(?:```|\Z)"
    r"|`(?P<ticks>[^`\n]{1,300})`"
    r"|\"(?P<straight>[^\"\n]{1,300})\"|“(?P<curly>[^“”\n]{1,300})”"
    r"|«(?P<angled>[^«»\n]{1,300})»|„(?P<low>[^„“”\n]{1,300})[“”]"
    r"|(?<!\w)'(?P<single>[^'\n]{1,200})'(?!\w)"
)
_MAY_BE_SET_OFF = lazy_pattern(r"[`\"“«„']")
_LONG = 60  # characters of a quotation
_ODD = lazy_pattern(r"[/\\_@\d#]|\w\.\w|[a-z][A-Z]|::|\+\+|\A--\w|\(\)")
_ATOM = lazy_pattern(r"\w+(?:(?:\.|::|-)\w+)*")
_LETTERS_DIGITS = lazy_pattern(r"([^\W\d_]+)(\d+)")
_SIGNS = lazy_pattern(r"\w\+\+|\b[A-Z]#")
_DRIVE = lazy_pattern(r"[A-Za-z]:[\\/]\w")
_EDGES = "()[]{}\"'`,;:!?«»“”<>*"
_FOLDERS = frozenset(
    "src lib app apps test tests doc docs bin etc usr var tmp opt home dist build public static "
    "assets pages components hooks scripts packages node_modules config sql data".split()
)
_COMMON_WORDS = frozenset(" ".join(WORDS.values()).split())
# v2 may become "version 2", and Q3 "the third quarter" or "T3".
_ORDINALS = {
    "1": "first|primer|primeiro|premier|erste[nsr]?|primo",
    "2": "second|segundo|deuxième|zweite[nsr]?|secondo",
    "3": "third|tercer|terceiro|troisième|dritte[nsr]?|terzo",
    "4": "fourth|cuarto|quarto|quatrième|vierte[nsr]?",
}
_SAID = {
    "v": r"(?<!\w)v(?:er|ers|ersion|ersión|ersão|ersione)?\.? ?{0}(?!\d)",
    "q": r"(?<!\w)(?:t{0}|(?:{0}(?:[ºª°.]|st|nd|rd|th|er|e)?|{1}) (?:quarter|trimestre|quartal))",
}
_PLAIN_QUOTES = str.maketrans("“”„‘’\u00a0\u202f\u2011", '"""\'\'  -', "\\")


def without_set_off(text: str) -> str:
    """``text`` with blanks for its quotations and code: places stay as they are."""
    if not _MAY_BE_SET_OFF.search(text):
        return text
    return SET_OFF.sub(lambda match: " " * len(match.group()), text)


def verbatim(rewrite: Rewrite) -> GateFailure | None:
    """Fails where one of these pieces of the idea is not in the prompt as it stands: what is
    quoted, back-ticked or fenced, URLs, addresses, paths and file names, code identifiers,
    numbers with their unit, version strings. It contradicts the idea where the prompt has another
    figure, name, path or address instead.

    Typographic quotes, white space, and the case of words that end in a digit may differ;
    ``5`` may become ``five`` and ``500ms`` ``500 ms``.
    """
    if rewrite.quotes_idea:
        return None
    other_periods = list(lost_periods(rewrite.idea, rewrite.text))
    lost = [*_lost(rewrite), *other_periods]
    if not lost:
        return None
    # Pasted text and long quotations that are only referred to are missing, whatever else the
    # prompt has.
    request = mask(rewrite.idea).request
    asked = [piece for piece in lost if piece in request and len(piece) < _LONG]
    changed = bool(other_periods) or rewrite.has_another_figure(asked)
    changed = changed or (bool(asked) and _has_another_piece(rewrite))
    kind = FailureKind.CONTRADICTS if changed else FailureKind.MISSING
    return failure("verbatim", (f"Keep exactly as it is: {piece}" for piece in lost), kind)


def _has_another_piece(rewrite: Rewrite) -> bool:
    """Whether the answer has a name, path or address that nobody gave: main.py for app.py."""
    given = rewrite.given
    return any(not stands_in(piece, given) for piece in exact_pieces(apart(rewrite.written)))


def _lost(rewrite: Rewrite) -> Iterator[str]:
    text = rewrite.text
    flat = ""  # made at the first need: most prompts keep what they must
    set_off = [match.group(match.lastgroup or 0) for match in SET_OFF.finditer(rewrite.idea)]
    for piece in dict.fromkeys(set_off):
        wanted = piece.strip().rstrip(".,;:")
        if wanted in text:
            continue
        flat = flat or _flatten(text)
        if _flatten(wanted) not in flat:
            yield piece
    rest = SET_OFF.sub(" ", rewrite.idea)
    lower = ""
    for piece in dict.fromkeys(exact_pieces(apart(rest))):
        if stands_in(piece, text):
            continue
        flat = flat or _flatten(text)
        lower = lower or flat.lower()
        if not stands_in(_flatten(piece), flat) and not _kept_with_digits(piece, lower):
            yield piece
    yield from lost_numbers(rest, text)


def _flatten(text: str) -> str:
    plain = text.translate(_PLAIN_QUOTES)
    return " ".join((plain if plain.isascii() else unicodedata.normalize("NFC", plain)).split())


def _kept_with_digits(piece: str, lower: str) -> bool:
    """``python3`` may become ``Python 3``, and ``es6`` ``ES6``."""
    match = _LETTERS_DIGITS.match(piece)
    if match is None:
        return False
    low, cut = piece.lower(), match.end(1)
    said = _SAID.get(low[:cut], "")
    if said and re.search(said.format(low[cut:], _ORDINALS.get(low[cut:], "-")), lower):
        return True
    return any(stands_in(low[:cut] + gap + low[cut:], lower) for gap in ("", " ", "-"))


def exact_pieces(text: str) -> Iterator[str]:
    """Addresses, paths, file names, identifiers, flags and signs like C++ in ``text``."""
    for token in text.split():
        if not _ODD.search(token):
            continue
        if "://" in token or token.startswith("www."):
            yield token[token.find("www.") if "://" not in token else 0 :].strip(_EDGES + ".")
            continue
        bare = token.strip(_EDGES).rstrip(".")
        if (
            (("/" in bare or "\\" in bare) and _is_path(bare))
            or ("@" in bare and len(bare) > 2)
            or (token.startswith("--") and len(bare) > 3)
        ):
            yield bare
        else:
            yield from _SIGNS.findall(token)
            for atom in _ATOM.findall(token):
                yield from _identifiers(atom)


def _identifiers(atom: str) -> Iterator[str]:
    if "_" in atom.strip("_") or (atom.startswith("__") and atom.strip("_")):
        yield atom
    elif "." in atom or "::" in atom:
        if _is_dotted(atom):
            yield atom
    else:
        for word in atom.split("-"):
            if (
                any(map(str.isupper, word[1:]))
                and any(a.islower() and b.isupper() for a, b in pairwise(word))
            ) or _LETTERS_DIGITS.match(word):
                yield word


def _is_dotted(atom: str) -> bool:
    """No for plain numbers, for e.g. and a.m., and where a full stop lacks its space."""
    parts = atom.replace("::", ".").split(".")
    if not any(part[:1].isalpha() for part in parts):
        return False
    if all(len(part) <= 2 and part.isalpha() for part in parts):
        return False
    last = parts[-1]
    return not (len(parts) == 2 and last[:1].isupper() and last.lower() in _COMMON_WORDS)


def _is_path(token: str) -> bool:
    """Yes for /etc/hosts, ./a, ~/a, C:\\a, src/a, a/b.py; no for and/or, CI/CD, 24/7."""
    if token.startswith(("/", "./", "../", "~/", "\\\\")):
        return sum(map(str.isalnum, token)) >= 2
    if _DRIVE.match(token):
        return True
    parts = token.replace("\\", "/").split("/")
    if any(part in _FOLDERS for part in parts):
        return True
    name, dot, extension = parts[-1].rpartition(".")
    if name and dot and 0 < len(extension) <= 5 and extension[0].isalpha():
        return True
    return len(parts) > 2 and any(c in "_-." for c in token) and any(map(str.isalpha, token))
