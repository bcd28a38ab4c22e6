"""Which language a text is in by its script alone."""

from collections import Counter

from prompt_improver.improvement.lazy_pattern import lazy_pattern

MIXED = 0.4
"""Share of a text from which its foreign script settles the language."""

# Ranges of code points, and the language that is nearly always meant.
_RANGES = (
    (0x0370, 0x03FF, "el"),
    (0x0400, 0x052F, "ru"),
    (0x0530, 0x058F, "hy"),
    (0x0590, 0x05FF, "he"),
    (0x0600, 0x077F, "ar"),
    (0x0900, 0x097F, "hi"),
    (0x0980, 0x09FF, "bn"),
    (0x0A00, 0x0A7F, "pa"),
    (0x0A80, 0x0AFF, "gu"),
    (0x0B80, 0x0BFF, "ta"),
    (0x0C00, 0x0C7F, "te"),
    (0x0C80, 0x0CFF, "kn"),
    (0x0D00, 0x0D7F, "ml"),
    (0x0D80, 0x0DFF, "si"),
    (0x0E00, 0x0E7F, "th"),
    (0x0E80, 0x0EFF, "lo"),
    (0x1000, 0x109F, "my"),
    (0x10A0, 0x10FF, "ka"),
    (0x1100, 0x11FF, "ko"),
    (0x1200, 0x137F, "am"),
    (0x1780, 0x17FF, "km"),
    (0x1F00, 0x1FFF, "el"),
    (0x3040, 0x30FF, "ja"),
    (0x3400, 0x4DBF, "zh"),
    (0x4E00, 0x9FFF, "zh"),
    (0xAC00, 0xD7AF, "ko"),
    (0xF900, 0xFAFF, "zh"),
    (0xFF66, 0xFF9F, "ja"),
)
_FOREIGN = lazy_pattern(
    "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last, _ in _RANGES) + "]"
)

# Letters that the language above does not have, and the one that does; "" is one of several.
_TELLING_LETTERS: dict[str, tuple[tuple[str, str], ...]] = {
    "ru": (
        ("ўЎ", "be"),
        ("ґҐєЄїЇ", "uk"),
        ("ђћљњџјЂЋЉЊЏЈ", "sr"),
        ("ѓќѕЃЌЅ", ""),
        ("әғқңөұүһӘҒҚҢӨҰҮҺ", ""),
        ("іІ", "uk"),
    ),
    "ar": (("ٹڈڑںےہھ", "ur"), ("پچژگکی", "fa")),
    "hi": (("ळॲ", ""),),
    # Characters that Japanese simplified in its own way: neither of China's two ways has them.
    "zh": (
        (
            "気広読駅図検訳応覚観顔帰経軽県剣険験権厳済剤従縦焼奨転伝専戦単価発変様桜薬総続辺拡摂択込働畑",
            "ja",
        ),
    ),
}
# Words that Bulgarian, written with Russian letters, cannot do without.
_BULGARIAN = lazy_pattern(
    r"(?<!\w)(?:със|във|това|този|тази|тези|съм|са|ще|се|как|ми|моята|моя|си|много|кратко|който)(?!\w)"
    r"|\w(?:ът|ята|ите|ото)(?!\w)"
)
_ONLY_RUSSIAN = lazy_pattern(r"[ыэёЫЭЁ]")
_CHINESE_CHARACTERS = ("zh", "ja", "ko")


def language_by_script(text: str) -> tuple[str | None, float]:
    """The language whose script the most letters of ``text`` are in, and its share of the
    text, 0 to 1. (None, 0.0) where all letters are Latin; None beside a share where the
    script is known, but several languages are written in it."""
    foreign = _FOREIGN.findall(text)
    if not foreign:
        return None, 0.0
    counts: Counter[str] = Counter()
    for character, times in Counter(foreign).items():
        counts[_language_of(character)] += times
    # Japanese is written with Chinese characters between the kana, never the other way round.
    if counts["ja"]:
        counts["ja"] += counts.pop("zh", 0)
    script, count = counts.most_common(1)[0]
    latin = sum(map(str.isalpha, text)) - len(foreign)
    size = count * (3 if script in _CHINESE_CHARACTERS else 1)  # one of theirs is half a word
    return _settled(script, "".join(foreign), text), size / (size + max(latin, 0) or 1)


def _settled(script: str, foreign: str, text: str) -> str | None:
    for letters, language in _TELLING_LETTERS.get(script, ()):
        if not set(letters).isdisjoint(foreign):
            return language or None
    if script == "ru" and "ъ" in foreign and not _ONLY_RUSSIAN.search(foreign):
        return None if _BULGARIAN.search(text.lower()) else script
    return script


def _language_of(character: str) -> str:
    code = ord(character)
    for first, last, language in _RANGES:
        if first <= code <= last:
            return language
    return "zh"
