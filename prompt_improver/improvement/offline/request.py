"""The sentences in which an idea asks for something, and what their predicate is."""

import re
import unicodedata
from dataclasses import dataclass

from prompt_improver.improvement.material import MASK

_SENTENCE = re.compile(r"[^.!?;\n…。！？]*(?:\.(?=\w)[^.!?;\n…。！？]*)*[.!?;\n…。！？]*")
_MOST_SENTENCES = 40
_TOKEN = re.compile(rf"[^\W_]+(?:[-+#/][^\W_]+)*[+#]*|{MASK}|[,:()]")

# What stands before the predicate, after folding.
_LEADS = {
    "en": re.compile(
        r"(?:(?:hi|hello|hey|ok|okay|so|now|then|also|and|but|first|please|pls|plz|kindly|just"
        r"|well|alright|next|finally|in addition|additionally|thanks|good (?:morning|day))\b[ ,!:]*)*"
        r"(?:(?:can|could|would|will) (?:you|u|ya)(?: (?:please|kindly|pls|just))?(?: help me(?: to)?)? "
        r"|(?:i|we)(?: would|d|ll)? (?:really )?(?:want|need|like|wish)(?: for)? you to "
        r"|(?:i|we)(?: would|d)? (?:want|need|like|have) to (?=translate|summari|write|compare)"
        r"|help me(?: (?:to|with|please))? |lets |(?:your|the) (?:task|job|goal) is to "
        r"|(?:i|we) need (?:some )?help (?:to |with |in )?|you (?:must|should|need to|have to) )?"
        r"(?:(?:please|pls|kindly|just)\b[ ,]*)?"
    ),
    "es": re.compile(
        r"(?:(?:hola|buenas|buenos dias|oye|por favor|porfa|ahora|bueno|y|pero|primero|tambien"
        r"|entonces|luego|despues|ademas|ok|vale)\b[ ,!:]*)*"
        r"(?:(?:me |nos )?(?:puedes|podrias|puede|podria|podeis) (?:por favor )?"
        r"(?:ayudar(?:me|nos)? (?:a|con) )?"
        r"|(?:me |)(?:ayudas|ayuda|ayudame|ayudenme) (?:a|con) "
        r"|(?:quiero|necesito|quisiera|me gustaria|querria|deseo)(?: que(?: me)?)? "
        r"|(?:tu tarea|tu trabajo|el objetivo) es |tienes que |debes )?"
        r"(?:por favor[ ,]*)?(?:me |nos )?"
    ),
}
_WANTS = {
    "en": re.compile(r"(?:(?:i|we)(?: am| m)? ?(?:would like|d like|need|want|looking for|wanna) )"),
    "es": re.compile(r"(?:(?:quiero|necesito|quisiera|busco|requiero|deseo) )"),
}
# "Quiero explicar que ...": what the user wants to do, not what is asked.
_OWN_ACT = re.compile(r"(?:i (?:want|need|like) to|quiero|necesito|quisiera) (?:explain|describe|explicar|describir|traducir)\b")
_QUESTIONS = (
    ("compare", re.compile(r"^(?:what(?:s| is| are)? )?(?:the )?(?:main |key )?differences? (?:between|in)\b")),
    ("compare", re.compile(r"^(?:cual(?:es)? (?:es|son) )?(?:la |las )?(?:principal(?:es)? )?diferencias? (?:entre|de|del)\b")),
    ("compare", re.compile(r"^(?:which|what) (?:\w+ ){0,2}?(?:is|are) (?:the )?(?:better|best|faster|cheaper)\b.*\b(?:or|vs)\b")),
    ("compare", re.compile(r"^(?:should|shall) (?:i|we|one) .{3,120}\bor\b")),
    ("compare", re.compile(r"^(?:cual|que) .{0,60}\b(?:mejor|primero|conviene|prefieres)\b.*\b(?:o|vs)\b")),
    ("how", re.compile(
        r"^(?:and |so |but )?(?:how ?(?:do|can|should|would|could) (?:i|we|you|one)|how ?to"
        r"|(?:whats|what is) the (?:best|easiest|right|proper|correct|simplest) way to|(?:the )?best way to"
        r"|any (?:tips|advice) (?:on|for)|do you have an idea how ?to)\b"
    )),
    ("how", re.compile(
        r"^(?:y )?(?:como (?:puedo|podria|podemos|se puede|debo|hago para|hacer|crear|crearia|deberia"
        r"|se hace|\w+[aei]r\b)|cual es la (?:mejor|forma|manera)[^?]{0,20} (?:de|para)|de que manera)\b"
    )),
    ("explain", re.compile(
        r"^(?:what(?:s| is| are| does| do)\b(?! the (?:best|capital|name|time|date|price|weather|answer"
        r"|value|result|population|most|number)\b)(?! my| your| this| wrong| the (?:problem|issue|error))"
        r"|how (?:does|do) (?!i\b|we\b|you\b|this\b|it\b|that\b)|why (?:does|do|is|are) (?!my|this|it|i\b))"
    )),
    ("explain", re.compile(
        r"^(?:que (?:es|son|significa)\b(?! (?:esto|lo|el (?:problema|error)))"
        r"|como funciona(?:n)?\b(?! esto)|por que (?:se|el|la|los|las)\b)"
    )),
)
_BOUNDARY = {
    "en": frozenset(
        "for of to that which with in on about using from who where when by at as into like so"
        " because if than and or but while via without based given between regarding is are was"
        " has have should must , : ( )".split()
    ),
    "es": frozenset(
        "para de del que con en sobre usando desde por a al como donde cuando sin y o pero si"
        " mediante segun entre basado basada es son esta tiene debe , : ( )".split()
    ),
}
_SKIPPED = {
    "en": frozenset("a an the some any my our your his her their me us this that these those it one".split()),
    "es": frozenset("un una unos unas el la los las mi mis tu tus su sus nuestro me nos algun alguna este esta estos estas ese esa lo".split()),
}
_POINTING = {
    "en": frozenset("this these that those following below above attached it the my".split()),
    "es": frozenset("este esta estos estas ese esa siguiente siguientes esto el la los las lo mi adjunto".split()),
}
_CONTAINERS = {
    "en": frozenset("list lists set series couple bunch example examples draft version few pair sample collection".split()),
    "es": frozenset("lista listado serie conjunto par ejemplo ejemplos borrador version opciones".split()),
}


@dataclass(frozen=True, slots=True)
class Request:
    """One sentence that asks for something."""

    kind: str
    """imperative, wanted (a thing that is wished for), compare, how or explain."""
    verb: str
    """Folded predicate of an imperative; else empty."""
    phrase: tuple[str, ...]
    """Folded words of its object, up to the first preposition; articles and numbers left out."""
    rest: tuple[str, ...]
    """The folded words after ``phrase``."""
    points: bool
    """The object is pointed at: "this code", "el siguiente texto"."""
    definite: bool
    """An article, a number or a pronoun comes first in the object."""
    start: int
    end: int


def fold(text: str) -> str:
    """Lower case, without accents and apostrophes."""
    text = text.lower().replace("'", "").replace("’", "")
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def sentences(masked: str) -> list[tuple[int, int]]:
    """The spans of the sentences of ``masked`` that have a word, at most 40: the first 20
    and the last 20 where there are more."""
    spans = []
    for match in _SENTENCE.finditer(masked):
        start, end = match.span()
        piece = masked[start:end]
        bare = piece.strip(f" \t\n-*•>¿¡\"'()[]{MASK}")
        if bare and any(map(str.isalpha, bare)):
            spans.append((start + piece.find(bare), end))
    if len(spans) > _MOST_SENTENCES:
        spans = spans[: _MOST_SENTENCES // 2] + spans[-_MOST_SENTENCES // 2 :]
    return spans


def requests(
    masked: str, language: str, verbs: frozenset[str], ambiguous: frozenset[str]
) -> list[Request]:
    """What ``masked`` asks for, sentence by sentence. ``verbs`` are the folded forms that
    count as a predicate, ``ambiguous`` those that do so only before an article, a number or
    a pronoun; ``language`` is en or es."""
    found: list[Request] = []
    for start, end in sentences(masked):
        text = fold(masked[start:end].strip(" \n\t¿¡"))
        request = _read(text, language, verbs, start, end)
        if request and request.verb in ambiguous and not request.definite:
            continue
        if request is not None:
            found.append(request)
    return found


def _read(text: str, language: str, verbs: frozenset[str], start: int, end: int) -> Request | None:
    role = re.match(
        r"(?:act (?:as|like)|you are|youre|(?:quiero que )?actu(?:a|e|es) como|eres)\b[^,.]{2,160}?"
        r"(?:[,.] ?(?:and |y )?| and (?=[a-z]+ (?:a|an|the|me)\b)| y (?=[a-z]+(?:me)? (?:un|una|el|la)\b))",
        text,
    )
    if role:
        text = text[role.end() :]
    lead = _LEADS[language].match(text)
    bare = text[lead.end() :] if lead else text
    for candidate in (bare, text):
        for kind, pattern in _QUESTIONS:
            if match := pattern.match(candidate.lstrip("¿¡ ")):
                words = tuple(_TOKEN.findall(candidate[match.end() :]))
                return _request(kind, "", words, language, start, end)
    words = tuple(_TOKEN.findall(bare))
    if not words:
        return None
    verb = words[0] if words[0] in verbs else _without_clitics(words[0], language, verbs)
    if verb and not _OWN_ACT.match(text):
        return _request("imperative", verb, words[1:], language, start, end)
    wanted = _WANTS[language].match(text)
    if wanted:
        words = tuple(_TOKEN.findall(text[wanted.end() :]))
        if words and words[0] in _SKIPPED[language] or (words and words[0].isdigit()):
            return _request("wanted", "", words, language, start, end)
    return None


def _without_clitics(word: str, language: str, verbs: frozenset[str]) -> str:
    """``explicame`` is ``explica``, ``hazlo`` ``haz``."""
    if language != "es":
        return ""
    for clitic in ("melo", "mela", "melos", "noslo", "selo", "me", "nos", "lo", "la", "los", "las", "le", "les", "te"):
        if word.endswith(clitic) and word[: -len(clitic)] in verbs:
            return word[: -len(clitic)]
    return ""


def _request(
    kind: str, verb: str, words: tuple[str, ...], language: str, start: int, end: int
) -> Request:
    boundary, skipped = _BOUNDARY[language], _SKIPPED[language]
    position, points = 0, False
    phrase: list[str] = []
    while position < len(words):
        word = words[position]
        if word in _POINTING[language] and not phrase:
            points = points or word not in ("the", "el", "la", "los", "las", "it", "lo")
        if word in boundary:
            opens = word in ("of", "de", "para", "for") and phrase
            container = opens and phrase[-1 if language == "en" else 0] in _CONTAINERS[language]
            if not (container or (word == "a" and not phrase)):
                break
            phrase.clear()
        elif word not in skipped and not word.isdigit():
            phrase.append(word)
        position += 1
        if len(phrase) >= 6:
            break
    definite = bool(words) and (words[0] in skipped or words[0].isdigit() or words[0] == MASK)
    return Request(kind, verb, tuple(phrase), words[position:], points, definite, start, end)
