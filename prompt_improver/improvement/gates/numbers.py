"""Numbers in a text: which they are, and in which unit."""

import re
from collections.abc import Iterator

_NUMBER = re.compile(
    r"(?<![\w^.,])(?:([$€£])\s?)?(\d+(?:[.,]\d+)*)(?:[ \u00a0\-]?([^\W\d_]+|[%€$£°ºª]))?"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*\Z")
_ENUMERATED = re.compile(r"(?:^|(?<=\s))\d{1,2}\)(?=\s)", re.MULTILINE)
_LISTED = re.compile(r"^[\s>*\-]*\d{1,2}[.)](?=\s)", re.MULTILINE)
_FIRST = re.compile(r"(?:^|\s)1\)\s")
_ORDINAL = frozenset(("st", "nd", "rd", "th", "º", "ª", "er", "ra", "ro"))

_UNIT_NAMES = """
    ms milliseconds millisecond milisegundos milisegundo milissegundos millisecondes|
    s sec secs second seconds segundo segundos seg secondes seconde sekunden sekunde secondi|
    min mins minute minutes minuto minutos minuten minuti|
    h hr hrs hour hours hora horas heure heures stunde stunden ore|
    d day days día días dia dias jour jours tag tage tagen giorni|
    week weeks semana semanas semaine semaines woche wochen settimane|
    month months mes meses mês mois monat monate mesi|
    year years yr año años ano anos an ans jahr jahre anni|
    % percent pct porciento prozent|
    b byte bytes|kb kib|mb mib megabytes|gb gib gigabytes|tb tib|
    px pixel pixels píxeles pixeles|rem|em|pt|dpi|fps|hz|khz|mhz|ghz|
    m meter meters metre metres metro metros|cm|mm|km kilometers kilómetros kilometros|
    kg kilos kilo|g gram grams gramos|mg|l liter liters litros|ml|
    € eur euro euros|$ usd dollar dollars dólares dolares|£ gbp pounds|°|
    word words palabra palabras palavras mots wörter parole|
    character characters char chars carácter caracteres caractères zeichen caratteri|
    line lines línea líneas linea lineas linhas lignes zeilen righe|
    token tokens|page pages página páginas paginas seiten pagine|
    paragraph paragraphs párrafo párrafos parrafos parágrafos paragraphes absätze paragrafi|
    sentence sentences frase frases oración oraciones phrases sätze frasi|
    retry retries reintento reintentos intento intentos attempt attempts|
    row rows fila filas|column columns columna columnas|rps|qps
"""
_UNITS = {
    name: names.split()[0] for names in _UNIT_NAMES.split("|") for name in names.split() if name
}

_NUMBER_WORDS = {
    "0": "zero cero",
    "1": "one a an single un una uno una",
    "2": "two both dos ambos deux zwei due dois",
    "3": "three tres trois drei tre três",
    "4": "four cuatro quatre vier quattro quatro",
    "5": "five cinco cinq fünf cinque",
    "6": "six seis sechs sei",
    "7": "seven siete sept sieben sette sete",
    "8": "eight ocho huit acht otto oito",
    "9": "nine nueve neuf neun nove",
    "10": "ten diez dix zehn dieci dez",
    "11": "eleven once onze elf undici",
    "12": "twelve doce douze zwölf dodici doze dozen docena",
}
WORDS_OF_NUMBERS = {
    word: number
    for number, words in _NUMBER_WORDS.items()
    for word in words.split()
    if word not in ("a", "an", "un", "una", "once")  # articles, and English "once"
}


def lost_numbers(idea: str, text: str) -> Iterator[str]:
    """The numbers of ``idea``, with their unit, that ``text`` does not hold."""
    wanted = dict.fromkeys(_in_idea(idea))
    if not wanted:
        return
    kept: set[tuple[str, str]] = set()
    for number, unit, _ in find_numbers(text):
        kept.add((number, unit))
        kept.add((number, ""))
    spelled: set[str] | None = None
    for number, unit, written in wanted:
        if (number, unit) in kept:
            continue
        words = _NUMBER_WORDS.get(number)
        if words and spelled is None:
            spelled = set(re.findall(r"[^\W\d_]+", text.lower()))
        if words and spelled is not None and not spelled.isdisjoint(words.split()):
            continue
        yield written


def _in_idea(idea: str) -> Iterator[tuple[str, str, str]]:
    """Without the numbers that only count the points of a list."""
    if not any(map(str.isdigit, idea)):
        return
    plain = _LISTED.sub(" ", idea)
    if _FIRST.search(idea):
        plain = _ENUMERATED.sub(" ", plain)
    yield from find_numbers(plain)


def find_numbers(text: str) -> Iterator[tuple[str, str, str]]:
    """Every number as (digits, unit or "", as written). ``1,000`` and ``1.000`` are 1000;
    ordinals are left out, and so is what is part of a word."""
    for match in _NUMBER.finditer(text):
        currency, digits, after = match.groups()
        unit = (after or "").lower()
        if unit in _ORDINAL:
            continue
        unit = _UNITS.get(unit, "")
        written = match.group().strip() if unit else f"{currency or ''}{digits}"
        unit = unit or currency or ""
        if _THOUSANDS.match(digits):
            yield re.sub("[.,]", "", digits), unit, written
        elif digits.count(",") > 1:
            for number in digits.split(","):
                yield number, "", number
        else:
            yield digits, unit, written
