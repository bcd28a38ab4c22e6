"""A second, plainer look at what an answer lost, which shares no code with the gates.

It knows less than they do: digits are compared as digits (``5`` is not ``five``), and only
English and Spanish are told apart.
"""

import re

_PIECES = {
    "placeholder": re.compile(
        r"\$?\{\{\s*\w+\s*\}\}|\$?\{\w+\}|<[A-Z][A-Z0-9_]+>|\[[A-Z][A-Z0-9_]+\]|\$[A-Z_]{2,}|%[sd]\b"
    ),
    "url": re.compile(r"https?://[^\s,;)\"'>]+[^\s,;.)\"'>]"),
    "number": re.compile(r"\d+(?:[.,]\d+)*"),
}
_LIST_NUMBER = re.compile(r"(?:(?<=\s)|^)\d{1,2}[.)](?=\s)", re.MULTILINE)
_SPANISH = frozenset(
    "el la los las un una de del que y en con para por sin al es lo se mi su este esta "
    "cómo como qué cada más no debe usa escribe crea genera actua documenta función".split()
)
_ENGLISH = frozenset(
    "the a an of that and in with for by without to is it this my your how what each more "
    "not must should be use write create are as on from".split()
)


def lost_pieces(idea: str, text: str, kind: str) -> list[str]:
    """The pieces of ``idea`` of one kind (placeholder, url or number) that ``text`` does not
    hold as they stand. The numbers that only count the points of a list are left out."""
    if kind == "number":
        idea = _LIST_NUMBER.sub(" ", _PIECES["placeholder"].sub(" ", idea))
    return [piece for piece in dict.fromkeys(_PIECES[kind].findall(idea)) if piece not in text]


def plain_language(text: str) -> str | None:
    """``en``, ``es``, or None where the common words of neither are clearly in front."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    spanish = sum(word in _SPANISH for word in words) + len(re.findall("[ñ¿¡]", text))
    english = sum(word in _ENGLISH for word in words)
    if max(spanish, english) < 2 or min(spanish, english) * 2 > max(spanish, english):
        return None
    return "es" if spanish > english else "en"


def language_flipped(idea: str, written: str) -> bool:
    """Whether both are clearly in a language, and not in the same."""
    wanted, found = plain_language(idea), plain_language(written)
    return wanted is not None and found is not None and wanted != found
