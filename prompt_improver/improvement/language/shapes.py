"""What the shape of a word says of its language: endings, letters, elisions."""

# Endings of words of more than four letters, longest first where one ends another.
ENDINGS: dict[str, str] = {
    "es": "ción ciones sión siones ería erías iento ientos illa illo dad dades ándome ándole ón",
    "pt": "ção ções são sões inho inha inhos inhas eiro eira dade dades agem ável ível ões ão",
    "it": """
        zione zioni sione sioni ità etto etti etta ezza aggio aggi mento menti abile abili zzare
        endo ando tore tori trice ggio cchi cchio
    """,
    "de": """
        ung ungen keit heit schaft lich liche lichen isch ische ieren chen lein tion ßen tzen
        stück werk zeug plan
    """,
    "fr": "eux euse euses ité ités ette ettes ième eau eaux aux ement eur eurs oire ière ières",
    "gl": "eira eiro iña iñas",
    "en": "ing ings ly ness ful less ement ght tion tions ould",
}

# Letters that only one of our languages has, and those that each may have at all.
LETTERS: dict[str, str] = {
    "ñ": "es",
    "¿": "es",
    "¡": "es",
    "ã": "pt",
    "õ": "pt",
    "ß": "de",
    "œ": "fr",
}
ALPHABETS: dict[str, str] = {
    "en": "éèïêçñàöü",
    "es": "áéíóúüñ",
    "pt": "áâãàéêíóôõúçü",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "de": "äöüßéèàê",
    "it": "àèéìíîòóùú",
}

# What stands before an apostrophe: l'utilisateur, dell'utente.
ELISIONS: dict[str, str] = {
    "fr": "l d qu j n s c m t",
    "it": "l d c dell nell all dall sull un quell dov com cos",
    "ca": "l d n s m t",
}
