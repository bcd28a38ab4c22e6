"""Which way a number in a text is bounded: at most, at least, under, over, about."""

import re
from collections.abc import Iterator

from prompt_improver.improvement.gates.numbers import ARTICLES, WORDS_OF_NUMBERS
from prompt_improver.improvement.lazy_pattern import lazy_pattern

# In all our languages at once: a prompt may say a Spanish limit in English.
_BOUNDS = {
    "most": r"""
        at most|(?:no|not) (?:more|longer|greater|higher) than|not over|up to|maxim(?:um|al)
        |max\b|(?:not|never|without|n't|cannot) (?:to )?exceed(?:s|ing)?|limit(?:ed|s|ing)?\b
        |or (?:less|fewer|under|below)|within|cap(?:ped)?\b|≤|tops|como mucho
        |como m[áa]ximo|a lo sumo|no m[áa]s de|m[áa]xim[oa]|tope|hasta|l[íi]mit\w+
        |(?:no|sin|nunca) (?:se )?(?:exced|super|sobrepas|pas)\w*|o menos
        |até|não mais|(?:não|sem) (?:ultrapass|exced|pass)\w*|ou menos
        |au plus|jusqu'à|pas plus|(?:ne|sans) (?:pas )?dépass\w*|ou moins
        |höchstens|bis zu|nicht (?:mehr|länger) als|überschreit\w*
        |oder weniger|massimo|non più|fino a|(?:non|senza) super\w*|o meno
        |не (?:более|больше|превыша\w*|длиннее|дольше)|максимум|до\b|или меньше
        |το πολύ|έως|μέχρι|όχι (?:πάνω|περισσότερ\w*)|μέγιστο|να μην (?:ξεπερν|υπερβ)\w*
        |δεν (?:ξεπερν|υπερβ)\w*|(?:لا|ألا|دون|عدم) (?:ت|ي|أن ي|أن ت)?(?:تجاوز|زيد|تعدى)\w*
        |(?:لا|ألا|أن لا) [تي]\w*(?:تجاوز|زيد|تعدى)\w*|أقصى|على الأكثر|فقط|تجاوز|לכל היותר|עד\b
        |לא יותר|מקסימום|או פחות|לא (?:ל|י|ת)?עול\w*|בלבד
        |不超过|不超過|不得超过|不多于|最多|至多|以内|以內|之内
        |之內|以下|控制在|限|以内|まで|最大|超えない|超えず|이내|이하|까지|최대|넘지|ไม่เกิน
    """,
    "only": r"""
        only|just|single|sol[oa]\b|sólo|solamente|únicamente|apenas|somente|seulement|uniquement
        |nur\b|soltanto|только|всего|μόνο|רק\b
    """,
    "under": r"""
        (?:less|fewer|shorter|lower|smaller) than|under|below|<|menos de|por debajo
        |inferior\w* a|abaixo de|menor\w* (?:que|a)|moins de|en dessous|inférieur\w*|weniger als
        |unter\b|kürzer als|meno di|sotto|inferior\w*|менее|меньше|ниже|λιγότερ\w*|κάτω από
        |أقل من|פחות|מתחת|少于|少於|低于|不到|未満|未满|미만
    """,
    "least": r"""
        at least|minim(?:um|al)|min\b\.? (?=\d)|(?:no|not) (?:less|fewer|lower|shorter) than|≥
        |or more|al menos|como m[íi]nimo|por lo menos|m[íi]nimo|no menos de|o más|pelo menos
        |no mínimo|ao menos|ou mais|au moins|pas moins|ou plus|mindestens|wenigstens|oder mehr
        |almeno|minimo|non meno|o più|не менее|не меньше|минимум|хотя бы|или больше|τουλάχιστον
        |ελάχιστο|على الأقل|لا [يت]قل|أدنى|לפחות|מינימום|או יותר
        |不少于|至少|最少|以上|不低于|少なくとも|最低|이상|최소
        |적어도|อย่างน้อย
    """,
    "over": r"""
        (?:more|older|longer|greater|higher|larger) than|over|above|beyond|exceed(?:s|ing)?|past
        |>|m[áa]s de|mayor(?:es)? (?:de|que|a)|superior\w* a|super[ae]\w*|antig\w+|mais de
        |acima de|plus de|au-delà|supérieur\w*|mehr als|über\b|länger als|älter als|più di|oltre
        |superior\w*|более|больше|свыше|старше|περισσότερ\w*|πάνω από|أكثر من|تزيد|יותר|מעל|超过
        |多于|超え|越え|초과|넘는
    """,
    "about": r"""
        about|around|roughly|approximately|approx\b|some\b|unos|unas|cerca de|aproximad\w+
        |alrededor|mais ou menos|environ|à peu près|ungefähr|etwa\b|circa|rund\b|около|примерно
        |приблизительно|περίπου|نحو|حوالي|تقريبا|בערך|כ-|约|大约|左右|程度|約|前後|정도|약|ประมาณ
    """,
}
_BOUND = lazy_pattern(
    r"(?<![a-zß-ÿα-ωά-ώа-яё])(?:"
    + "|".join(
        f"(?P<{kind}>{re.sub(chr(92) + 's*' + chr(92) + 'n' + chr(92) + 's*', '', text.strip())})"
        for kind, text in _BOUNDS.items()
    )
    + ")"
)
_WORDS = "|".join(sorted(WORDS_OF_NUMBERS, key=len, reverse=True))
_HAN = {sign: str(number) for number, sign in enumerate("一二三四五六七八九十", 1)}
_NUMBER = lazy_pattern(
    rf"\d+(?:[.,]\d+)*|(?<![^\W_])(?:{_WORDS})(?![^\W_])"
    r"|[一二三四五六七八九十](?=[页頁段句个個字行点點条條项項张張次つ回文ペ])"
)
_ARTICLE = lazy_pattern(rf"(?<=[ .])(?:{'|'.join(sorted(ARTICLES, key=len, reverse=True))})(?= \w)")
_RIGHT_BEFORE: dict[str, tuple[str, ...]] = {
    "most": tuple(
        f"{words} "
        for words in (
            "at most|no more than|not more than|no longer than|up to|maximum|maximum of|max|max."
            "|como mucho|como máximo|máximo|máximo de|no más de|hasta|no máximo|até|au plus|maximum"
            "|pas plus d'|höchstens|maximal|nicht mehr als|bis zu|al massimo|massimo|non più di"
            "|не более|не больше|максимум|το πολύ|έως|على الأكثر|לכל היותר|לא יותר מ"
        ).split("|")
    ),
    "least": tuple(
        f"{words} "
        for words in (
            "at least|a minimum of|al menos|como mínimo|por lo menos|pelo menos|no mínimo|au moins"
            "|mindestens|wenigstens|almeno|не менее|минимум|τουλάχιστον|على الأقل|לפחות"
        ).split("|")
    ),
}
_BREAK = lazy_pattern(r"[.;!?\n。；！？,、，](?!\d)")
_REACH = 32
"""Characters between a number and the words that bound it."""

# What a bound of the idea may become: "under 50 lines" is "50 lines or less".
SAME_BOUND: dict[str, frozenset[str]] = {
    "most": frozenset(("most", "only", "under")),
    "only": frozenset(("most", "only", "under")),
    "under": frozenset(("most", "under")),
    "least": frozenset(("least", "over")),
    "over": frozenset(("over",)),
}


def _bounded_articles(text: str) -> Iterator[tuple[str, str, int, int]]:
    """``at most a page`` is a bound of 1."""
    for match in _ARTICLE.finditer(text):
        start, end = match.span()
        for kind, words in _RIGHT_BEFORE.items():
            if text.endswith(words, 0, start):
                word = next(each for each in words if text.endswith(each, 0, start))
                yield "1", kind, start - len(word), end


def number_key(word: str) -> str:
    """The number that ``word`` is, in digits without separators of thousands; "" for none."""
    if not word[:1].isdigit():
        return WORDS_OF_NUMBERS.get(word) or _HAN.get(word, "")
    return word.replace(",", "")


def bounds_in(text: str) -> Iterator[tuple[str, str, int, int]]:
    """Every bounded number of ``text``, which is in lower case, as (number, kind, start, end):
    kind is most, only, under, least, over or about, by the nearest words that say so before the
    next number and in the same clause; the span is that of the number and those words."""
    yield from _bounded_articles(text)
    numbers = list(_NUMBER.finditer(text))
    for position, match in enumerate(numbers):
        start, end = match.span()
        left = max(start - _REACH, numbers[position - 1].end() if position else 0)
        after = numbers[position + 1].start() if position + 1 < len(numbers) else len(text)
        right = min(end + _REACH, after)
        before = text[left:start]
        if cut := list(_BREAK.finditer(before)):
            left += cut[-1].end()
        if stop := _BREAK.search(text, end, right):
            right = stop.start()
        found: list[tuple[int, str, int, int]] = []
        for bound in _BOUND.finditer(text, left, start):
            found.append((start - bound.end(), bound.lastgroup or "", bound.start(), end))
        behind = _BOUND.search(text, end, right)
        if behind and behind.lastgroup != "only":  # "the year 2024 only"
            # Words after a number bind it less: "5 lines, at most 3 words".
            distance = behind.start() - end + 4
            found.append((distance, behind.lastgroup or "", start, behind.end()))
        if found:
            _, kind, first, last = min(found)
            yield number_key(match.group()), kind, first, last
