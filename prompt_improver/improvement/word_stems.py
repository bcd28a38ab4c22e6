"""What the forms of a word, and words of one meaning, have in common."""

from prompt_improver.improvement.limit_words import SYNONYMS

_PLAIN = str.maketrans("áàâãäéèêëíìîïóòôõöúùûüñç’", "aaaaaeeeeiiiiooooouuuunc'")
_SUFFIXES = ("ing", "ies", "ed", "es", "s")


def stems_of(word: str) -> tuple[str, ...]:
    """What a word and its forms have in common, and what its synonyms have."""
    stem = _stem(word)
    if "-" in word:
        return (stem, *(s for part in word.split("-") if part for s in stems_of(part)))
    same = _SAME_STEMS.get(stem)
    return (stem, same) if same else (stem,)


def _stem(word: str) -> str:
    plain = word.translate(_PLAIN)
    for suffix in _SUFFIXES:
        if plain.endswith(suffix) and len(plain) - len(suffix) >= 3:
            plain = plain[: -len(suffix)] + ("y" if suffix == "ies" else "")
            break
    plain = plain[:5]
    return plain[:-1] if len(plain) > 3 and plain[-1] in "aeo" else plain


_SAME_STEMS = {
    _stem(word): f"={line.split()[0]}"
    for line in SYNONYMS.strip().splitlines()
    for word in line.split()
}
