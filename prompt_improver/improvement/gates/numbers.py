"""Numbers in a text: which they are, and in which unit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from prompt_improver.improvement.lazy_pattern import lazy_pattern

_NUMBER = lazy_pattern(
    r"(?<![\w^.,])(?:([$€£])\s?)?(\d+(?:[.,]\d+)*)(?:[ \u00a0\-]?([^\W\d_]+|[%€$£°ºª]))?"
    r"(?:\s?([€$£]))?"
)
_CLOCK = lazy_pattern(
    r"(?<![\w.,:])([01]?\d|2[0-4])(?:[:hH]([0-5]\d)(?![\d:]|[.,]\d)|(?=\s?(?:h\b|[ap]\.?m\b)))\s?"
    r"(?:h\b|([ap])\.?m\b\.?)?"
)
# Chinese, Japanese, Korean and Thai write a number and its unit into the running text.
_UNSPACED = lazy_pattern(
    r"[\u0e00-\u0e7f\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff0c-\uff1f]+"
)
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．％", "0123456789.%")
_TIMES = {
    "k": 1_000, "mil": 1_000, "thousand": 1_000, "tausend": 1_000, "тыс": 1_000, "тысяч": 1_000,
    "m": 1_000_000, "mn": 1_000_000, "million": 1_000_000, "millions": 1_000_000,
    "millón": 1_000_000, "millones": 1_000_000, "milhão": 1_000_000, "milhões": 1_000_000,
    "millionen": 1_000_000, "mio": 1_000_000, "milione": 1_000_000, "milioni": 1_000_000,
    "млн": 1_000_000, "миллион": 1_000_000, "миллионов": 1_000_000,
    "bn": 1_000_000_000, "billion": 1_000_000_000,
}  # fmt: skip
_THOUSANDS = lazy_pattern(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*\Z")
_ENUMERATED = lazy_pattern(r"(?:^|(?<=\s))\d{1,2}\)(?=\s)", re.MULTILINE)
_LISTED = lazy_pattern(r"^[\s>*\-]*\d{1,2}[.)](?=\s)", re.MULTILINE)
_FIRST_STEP = lazy_pattern(r"(?:^|\s)1\.\s[^.]+\s2\.\s")
_STEPS = lazy_pattern(r"(?:^|(?<=\s))\d{1,2}\.(?=\s)")
_FIRST = lazy_pattern(r"(?:^|\s)1\)\s")
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
UNITS = frozenset(_UNITS)
"""Every way in which we know a unit to be written, in lower case."""

_NUMBER_WORDS = {
    "0": "zero cero",
    "1": "one a an single un una uno una",
    "2": "two both dos ambos deux zwei due dois две два двух двумя δύο δυο اثنين שני שתי สอง",
    "3": "three tres trois drei tre três три трёх трех τρεις τρία ثلاث ثلاثة שלוש שלושה สาม",
    "4": "four cuatro quatre vier quattro quatro четыре четырёх τέσσερις τέσσερα أربع أربعة"
    " ארבע ארבעה สี่",
    "5": "five cinco cinq fünf cinque пять пяти πέντε خمس خمسة חמש חמישה ห้า",
    "6": "six seis sechs sei шесть шести έξι ست ستة שש שישה",
    "7": "seven siete sept sieben sette sete семь семи επτά سبع سبعة שבע שבעה",
    "8": "eight ocho huit acht otto oito восемь восьми οκτώ ثماني ثمانية שמונה",
    "9": "nine nueve neuf neun nove",
    "10": "ten diez dix zehn dieci dez десять десяти δέκα عشر عشرة עשר עשרה",
    "11": "eleven once onze elf undici",
    "12": "twelve doce douze zwölf dodici doze dozen docena",
}
WORDS_OF_NUMBERS = {
    word: number
    for number, words in _NUMBER_WORDS.items()
    for word in words.split()
    if word not in ("a", "an", "un", "una", "once")  # articles, and English "once"
}


ARTICLES = frozenset(
    "a an un una uno une um uma ein eine einen einem einer один одна одну одной одного μια μία ένα"
    " έναν واحد واحدة אחד אחת".split()
)
"""Words for one that mostly count nothing: they do right behind a bound, "at most a page"."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written, and the forms by which another text may have it."""

    written: str
    own: frozenset[str]
    """With its unit where it has one: ``500 ms``, ``62000 $``, ``18:30``."""
    loose: frozenset[str]
    """And without: who writes 500 ms has the number 500 as well."""


def lost_numbers(idea: str, text: str) -> Iterator[str]:
    """The numbers of ``idea``, with their unit, that ``text`` does not hold. ``62k`` may become
    ``62,000``, ``15h`` ``15:00`` or ``3 pm``, and ``5`` ``five``."""
    wanted = {number.written: number for number in numbers_of(idea)}
    if not wanted:
        return
    kept: set[str] = set()
    for number in find_numbers(text):
        kept |= number.loose
    spelled: set[str] | None = None
    for number in wanted.values():
        if not number.own.isdisjoint(kept):
            continue
        words = next((_NUMBER_WORDS[form] for form in number.loose if form in _NUMBER_WORDS), "")
        if words and spelled is None:
            spelled = set(re.findall(r"[^\W\d_]+", text.lower()))
        if words and spelled is not None and not spelled.isdisjoint(words.split()):
            continue
        yield number.written


def apart(text: str) -> str:
    """``text`` with blanks for what is written without spaces, so that its numbers and names
    stand alone: ``新入社員12名`` has the number 12."""
    if text.isascii():
        return text
    return _UNSPACED.sub(" ", text.translate(_FULL_WIDTH))


def numbers_of(idea: str) -> Iterator[Number]:
    """The numbers of ``idea``, without those that only count the points of a list."""
    if not any(map(str.isdigit, idea)):
        return
    plain = _LISTED.sub(" ", idea)
    if _FIRST.search(idea):
        plain = _ENUMERATED.sub(" ", plain)
    if _FIRST_STEP.search(idea):
        plain = _STEPS.sub(" ", plain)
    yield from find_numbers(plain)


def find_numbers(text: str) -> Iterator[Number]:
    """Every number. ``1,000`` and ``1.000`` are 1000; ordinals are left out, and so is what is
    part of a word."""
    plain = apart(text)
    clocks: dict[int, tuple[str, str]] = {}
    for match in _CLOCK.finditer(plain):
        hour, minute, half = int(match[1]), match[2] or "00", match[3]
        hour = hour % 12 + (12 if half == "p" else 0) if half else hour
        clocks[match.start(1)] = (f"{hour}:{minute}", match.group().strip())
        if match[2]:
            clocks[match.start(2)] = ("", "")  # told with its hour
    for match in _NUMBER.finditer(plain):
        clock, written = clocks.get(match.start(2), (None, ""))
        if clock != "":
            yield from _number(match, clock, written)


def _number(match: re.Match[str], clock: str | None, as_clock: str) -> Iterator[Number]:
    before, digits, after, behind = match.groups()
    name = (after or "").lower()
    if name in _ORDINAL:
        return
    unit = _UNITS.get(name, "")
    times = _TIMES.get(name, 0) if after not in ("m", "b") else 0
    unit = "" if times else unit
    currency = before or behind or ""
    value = re.sub("[.,]", "", digits) if _THOUSANDS.match(digits) else digits
    written = match.group().strip() if unit or times else f"{before or ''}{digits}"
    if not _THOUSANDS.match(digits) and digits.count(",") > 1:
        for number in digits.split(","):
            yield Number(number, frozenset((number,)), frozenset((number,)))
        return
    if times and value.replace(",", ".").count(".") < 2:
        value = f"{Decimal(value.replace(',', '.')) * times:f}".removesuffix(".0")
        value = value.rstrip("0").rstrip(".") if "." in value else value
    elif value.count(",") == 1 and "." not in value:
        value = value.replace(",", ".")
    unit = unit or currency
    own = {f"{value} {unit}" if unit else value}
    if clock:
        own.add(clock)
        own.discard(value)
        written = as_clock
    yield Number(written, frozenset(own), frozenset((*own, value)))
