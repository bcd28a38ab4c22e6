"""What the forms of a word, and words of one meaning, have in common."""

# Words of which one may stand for the other.
_SYNONYMS = """
    change modify alter touch edit break rewrite rename
    library package dependency framework module third-party
    mention name refer say reveal disclose
    long length lengthy verbose exceed
    comment remark annotation
    add include introduce insert
    remove delete drop
    external third outside
    explain explanation explanatory
    fancy complex complicated
    cambiar modificar alterar tocar romper toque cambio modificación
    librería biblioteca dependencia paquete framework módulo
    mencionar nombrar citar decir revelar
    largo extenso longitud extensión larga
    añadir agregar incluir introducir inserta
    eliminar borrar quitar suprimir
    externo tercero ajeno
    jerga tecnicismo
    comentario anotación
    complejo complicado
"""

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
    for line in _SYNONYMS.strip().splitlines()
    for word in line.split()
}
