"""Bans that are made soft, and bans in the languages whose words we do not stem."""

import re
from collections.abc import Iterable, Iterator, Sequence

from prompt_improver.improvement.gates.limit import Limit
from prompt_improver.improvement.gates.limit_words import MARKS
from prompt_improver.improvement.gates.names import FUNCTION_WORDS
from prompt_improver.improvement.gates.user_limits import user_limits
from prompt_improver.improvement.language import stems_of
from prompt_improver.improvement.lazy_pattern import lazy_pattern

_NEGATIONS = frozenset(f"{MARKS['not']} {MARKS['only']}".split())
_SOFT = lazy_pattern(
    r"(?<![^\W\d_])(?:try (?:to|not to)|preferabl[ey]|if possible|where possible|ideally|as far as"
    r" possible|too much|too many|excessive(?:ly)?|mostly|generally|usually|where practical"
    r"|procura|intenta|trata de|preferiblemente|preferentemente|si es posible|de ser posible"
    r"|a ser posible|en lo posible|en la medida de lo posible|demasiad[oa]s?|en exceso"
    r"|tente|tenta|procure|preferencialmente|se possível|na medida do possível|demais"
    r"|essaie|essayez|de préférence|si possible|autant que possible|dans la mesure du possible"
    r"|versuche|möglichst|wenn möglich|vorzugsweise|nach möglichkeit|zu viel|zu viele"
    r"|prova a|cerca di|preferibilmente|se possibile|per quanto possibile"
    r"|по возможности|постара\w+|желательно|αν είναι δυνατόν|προσπάθησε|κατά προτίμηση)(?![^\W\d_])"
    r"|يفضل|حاول|إن أمكن|قدر الإمكان|עדיף|במידת האפשר|尽量|尽可能|最好|なるべく|できるだけ|できれば"
    r"|가능하면|가급적|되도록",
    re.IGNORECASE,
)
_SENTENCE = lazy_pattern(r"[^.!?;\n。！？；؛]+")

# What of a sentence forbids, by language.
_FORBIDS = {
    "ru": r"без |не |нельзя|запре|избег|кроме|исключ|нет(?!\w)|ни |отсутств|только|недопустим",
    "el": "χωρίς|δίχως|μην|μη |δεν |απόφ|αποφ|εκτός|ούτε|κανέν|καμία|όχι|μόνο|απαγορ",
    "ar": "بدون|دون|لا |ألا|عدم|تجن|من غير|باستثناء|ليس|خال|يمنع|ممنوع|فقط|يخلو|تخلو|أي ",
    "he": "בלי|ללא|אל |לא |אין |הימנע|אסור|חוץ|למעט|רק |בלבד|מבלי",
    "zh": "不|勿|禁|避免|无|無|没有|沒有|别|除|只|仅|未",
    "ja": "ない|なく|ず|禁止|避け|なし|無し|不要|以外|のみ|だけ|抜き|ません",
    "ko": "지 마|지 말|지 않|없|금지|제외|빼|안 |말 것|만 |않|피",
    "th": "ไม่|ห้าม|อย่า|เว้น|เท่านั้น|ปราศจาก|หลีกเลี่ยง",
}
_PATTERNS = {language: lazy_pattern(forbids) for language, forbids in _FORBIDS.items()}
_UNSPACED = frozenset(("zh", "ja", "th"))
_WORD = lazy_pattern(r"[^\W\d_]{3,}")
_WORD_OR_SHORT = lazy_pattern(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_LETTERS = lazy_pattern(r"[^\W\d_]")


def is_soft(sentence: str) -> bool:
    """Whether it leaves what it forbids open: "try to avoid", "preferably", "too much"."""
    return _SOFT.search(sentence) is not None


def lost_bans(idea: str, text: str, language: str) -> Iterator[str]:
    """The bans of an idea in Russian, Greek, Arabic, Hebrew, Chinese, Japanese, Korean or Thai
    that no sentence of ``text`` keeps: one that forbids, is not soft where the ban is not, and
    has a word of it (for scripts without spaces: two characters in a row)."""
    forbids = _PATTERNS.get(language)
    if forbids is None:
        return
    bans = [limit for limit in user_limits(idea, language=language) if limit.kind == "not"]
    if not bans:
        return
    sentences = [
        (is_soft(sentence), _pieces(sentence, language))
        for sentence in _SENTENCE.findall(text.lower())
        if forbids.search(sentence)
    ]
    for ban in bans:
        meant = _pieces(forbids.sub(" ", ban.text.lower()), language)
        if meant and not any(
            not pieces.isdisjoint(meant) and (not soft or is_soft(ban.text))
            for soft, pieces in sentences
        ):
            yield ban.text


def allows_banned(rule: str, bans: Sequence[Limit], language: str) -> bool:
    """Whether ``rule`` names what one of ``bans`` forbids, and forbids nothing itself."""
    return not _forbids(rule, language) and _names_banned(rule, bans, language)


def keeps_ban(rule: str, bans: Sequence[Limit], language: str) -> bool:
    """Whether ``rule`` forbids something, and names what one of ``bans`` forbids."""
    return _forbids(rule, language) and _names_banned(rule, bans, language)


def _forbids(rule: str, language: str) -> bool:
    forbids = _PATTERNS.get(language)
    if forbids is not None:
        return forbids.search(rule.lower()) is not None
    return not _NEGATIONS.isdisjoint(_WORD_OR_SHORT.findall(rule.lower()))


def _names_banned(rule: str, bans: Sequence[Limit], language: str) -> bool:
    forbids = _PATTERNS.get(language)
    if forbids is None:
        stems = _meaning(_WORD.findall(rule.lower()))
        return any(not stems.isdisjoint(_meaning(_WORD.findall(ban.text.lower()))) for ban in bans)
    pieces = _pieces(rule.lower(), language)
    return any(
        not pieces.isdisjoint(_pieces(forbids.sub(" ", ban.text.lower()), language)) for ban in bans
    )


def _meaning(words: Iterable[str]) -> set[str]:
    said = (word for word in words if word not in _NEGATIONS and word not in FUNCTION_WORDS)
    return {stem for word in said for stem in stems_of(word)}


def _pieces(text: str, language: str) -> set[str]:
    if language in _UNSPACED:
        runs = "".join(c if _LETTERS.match(c) else " " for c in text).split()
        return {run[at : at + 2] for run in runs for at in range(len(run) - 1)}
    if language == "ko":
        return {word[:2] for word in re.findall(r"[^\W\d_]{2,}", text)}
    if language in ("ar", "he"):
        # The article and short prepositions are written as one with the word.
        return {piece for word in _WORD.findall(text) for piece in (word[-4:], word[:4])}
    return {word[:4].lower() for word in _WORD.findall(text)}
