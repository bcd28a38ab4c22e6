"""The form that a text asks its answer to have: role, format, count, length, tone and so on."""

import re
from dataclasses import dataclass
from functools import lru_cache

from prompt_improver.improvement.lazy_pattern import lazy_pattern

FORMATS: dict[str, str] = {
    "json": r"json",
    "yaml": r"ya?ml",
    "xml": r"xml",
    "csv": r"csv",
    "table": r"(?:comparison |comparative )?tables?|tablas?(?: comparativa)?|tableau|tabelle"
    r"|tabella"
    r"|tabela",
    "list": r"(?:bullet(?:ed)? |numbered |checked )?list|bullets?(?: points?)?|bullet-?points"
    r"|lista|viñetas|liste|elenco|stichpunkte[n]?",
    "code": r"code|c[oó]digo",
    "html": r"html",
    "markdown": r"markdown",
    "paragraph": r"paragraphs?|p[aá]rrafos?|paragraphes?|abs[aä]tze?|paragrafi?o?s?",
    "one": r"(?:one|single|1|a single) (?:word|line|sentence|phrase|number)"
    r"|(?:una|1|una sola|una única) (?:palabra|l[ií]nea|frase)|yes or no|s[ií] o no"
    r"|un (?:mot|seul mot)|une phrase|ein(?:em|en)? (?:wort|satz)|una parola",
}
# Where a format is named as that of the answer, not as a thing that is spoken of.
_ASKS = (
    r"(?:\b(?:in|as|into|to|only|just|return|returns|output|format(?:ted)?(?: as)?|respond with"
    r"|reply with|answer (?:in|with)|give me|using|use|create|make|give|provide|produce|show"
    r"|en(?: forma de| formato)?|como|solo|s[oó]lo|[uú]nicamente|devuelve|devuelva|devolver"
    r"|formato|responde (?:con|en)|dame|crea|haz|genera|usa|"
    r"sous forme de|als|in form einer|come|em|uma|un|una|une|eine[rn]?)"
    r"\s+(?:(?:a|an|the|valid|raw|pure|plain|un|una|el|la|de|short|brief|simple|\d+|one|two|three"
    r"|four|five|zwei|drei|dos|tres|deux|trois|v[aá]lido|solo|s[oó]lo|only|just)\s+){0,3})"
)
_FORMAT = lazy_pattern(
    _ASKS
    + "(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in FORMATS.items())
    + r")(?!\w)",
)
_FORMAT_ALONE = lazy_pattern(
    r"(?P<table>\btabla comparativa\b|\bcomparison table\b)|(?P<list>\bbullet ?points?\b)"
    r"|(?P<json>\bjson (?:only|output|format|object|array)\b|\b(?:only|solo|sólo) json\b)"
    r"|(?P<code>\b(?:only|just) (?:the )?code\b|\bcode only\b|\b(?:solo|sólo) (?:el )?código\b)"
    r"|(?P<one>\byes or no\b)|(?P<html>\bh1\b|\bhtml tags\b)",
)
_ROLE = lazy_pattern(
    r"(?:^|(?<=[.!?\n]))[ \t]*(?P<role>(?:you are|you're|act as|act like|behave (?:as|like)"
    r"|pretend (?:to be|you are|that you are)|imagine (?:you are|that you are)|assume the role of"
    r"|(?:quiero que )?act[uú](?:a|e|es) como|eres|imagina que eres|comp[oó]rtate como"
    r"|tu es|agis comme|vous êtes|agissez comme|du bist|handle als|sei|agisci come|você é"
    r"|aja como|atue como|ты)\b(?!\s+(?:able|free|tasked|going|welcome|supposed|right|sure|not)\b)"
    r"[^.!?\n]{2,200}|(?:你是|あなたは)[^.!?\n。]{2,200})",
)
_NUMBER = (
    r"(?:\d{1,4}|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|dos|tres|cuatro"
    r"|cinco|seis|siete|ocho|nueve|diez|doce|veinte)"
)
_COUNT = lazy_pattern(
    rf"(?<![\w.,$€])(?P<number>{_NUMBER})\s+(?:(?!of\b|de\b|and\b|y\b|or\b|o\b)[^\W\d_]+[\s-]+){{0,3}}?"
    r"(?P<noun>tweets?|bullets?|points?|ideas?|names?|nombres|examples?|ejemplos|tips?|consejos"
    r"|questions?|preguntas|slogans?|taglines?|titles?|t[ií]tulos|steps?|pasos|reasons?|razones"
    r"|options?|opciones|posts?|publicaciones|variants?|versions?|versiones|suggestions?"
    r"|sugerencias|headlines?|hashtags?|puntos|items?|tests?|casos|cases|recipes?|recetas"
    r"|exercises?|ejercicios|facts?|effects?|changes?|lines?|topics?)\b",
)
_LENGTH = lazy_pattern(
    rf"\b(?P<number>{_NUMBER}|one|un|una|a|zwei|drei|deux|trois)[ -]+"
    r"(?P<unit>words?|palabras|characters?|caracteres|sentences?|frases|paragraphs?|p[aá]rrafos"
    r"|pages?|p[aá]ginas|mots|w[oö]rter|abs[aä]tze?|parole|palavras|lines?|l[ií]neas?)\b"
    r"|\b(?:short|brief|briefly|concise|concisely|corto|corta|breve|brevemente|detailed|detallad[oa]"
    r"|long|largo|extenso|in depth|deep dive|summary in|court|kurz|coinciso)\b",
)
_LANGUAGE = lazy_pattern(
    r"\b(?:in|into|to|en|al|em|auf|ins|nach|en el idioma)\s+(?:english|spanish|french|german"
    r"|italian|portuguese|russian|chinese|japanese|korean|arabic|dutch|polish|turkish|hindi|latin"
    r"|ingl[eé]s|español|espanol|franc[eé]s|alem[aá]n|italiano|portugu[eé]s|ruso|chino|japon[eé]s"
    r"|catal[aá]n|gallego|euskera|deutsch|englisch|spanisch|fran[cç]ais|anglais|espagnol)\b",
)
_AUDIENCE = lazy_pattern(
    r"\b(?:for (?:a |an |the )?(?:beginners?|kids|child(?:ren)?|students?|experts?|teens?|layman"
    r"|laymen|senior|non-?technical|\d{1,2}[- ]year)|to (?:a |an )?(?:\d{1,2}[- ]year[- ]old|child"
    r"|beginner|five year old)|like i(?:'| a)?m (?:\d|five|ten|a )|eli5|como si (?:tuviera|fuera)"
    r"|para (?:principiantes|niñ[oa]s|expertos|alumnos|estudiantes|mujeres|hombres|gente)"
    r"|comme si|dirigid[oa]s? a|aimed at|audience)\b",
)
_TONE = lazy_pattern(
    r"\b(?:tone|tono|formal(?:ly)?|informal|friendly|friendlier|polite(?:st|ly)?|professional(?:ly)?"
    r"|casual|funny|humorous|serious|persuasive|respectful|cercano|amable|profesional|serio"
    r"|divertido|educado|freundlich\w*|sachlich\w*|ton|poli|gentile)\b",
)
_ONLY = lazy_pattern(
    r"\b(?:only|just) (?:the |return |output |give |answer |reply |respond |with )?"
    r"(?:code|json|answer|table|result|list|text|translation|query|sql|number|word|yes|name|names"
    r"|final|output|command|regex)\b|\b(?:code|json|table) only\b|\bnothing else\b"
    r"|\b(?:no|without(?: any)?) (?:explanations?|comments?|commentary|extra text|preamble)"
    r"|\bdo(?:n'?t| not) (?:explain|add anything)|\bjust (?:return|output|give me)\b"
    r"|\b(?:solo|s[oó]lo|solamente|[uú]nicamente) (?:el |la |los |las |quiero |dame |con )?"
    r"(?:c[oó]digo|json|respuesta|tabla|resultado|lista|texto|traducci[oó]n|consulta|sql|n[uú]mero)"
    r"|\bnada m[aá]s\b(?=\s*(?:[.,!]|$))|\bsin (?:explicaci[oó]n|explicaciones|comentarios)\b"
    r"|\bno (?:expliques|añadas nada)\b",
    re.M,
)
_WAIT = lazy_pattern(
    r"\b(?:do(?:n'?t| not) (?:do|say|suggest|write|start|answer|respond|begin|reply|give|generate"
    r"|create)\b[^.!?\n]{0,40}\buntil\b|do nothing (?:until|before)|wait (?:for|until)\b"
    r"|questions? one (?:at a time|by one)|i(?:'ll| will) (?:send|paste|give|provide|share)\b"
    r"|no (?:hagas|digas|respondas|empieces|escribas|contestes|generes)\b[^.!?\n]{0,30}\bhasta\b"
    r"|espera (?:a|hasta)\b|te (?:voy a (?:enviar|pasar|mandar)|enviar[eé]|pasar[eé]|mandar[eé])"
    r"|ask me (?:\w+ ){0,3}questions? (?:first|before|until|one)|interview me)\b",
)


@dataclass(frozen=True, slots=True)
class Form:
    """What a text says of the form of its answer; empty where it says nothing."""

    role: str
    """The words that give the role, in lower case."""
    formats: frozenset[str]
    """Names from FORMATS."""
    counts: tuple[tuple[str, str], ...]
    """Number and noun of what is to be given: ("5", "tweets")."""
    length: str
    language: str
    audience: str
    tone: str
    only: bool
    """Nothing besides the thing that is asked for."""
    waits: bool
    """The answer is not to begin yet."""

    @property
    def stated(self) -> frozenset[str]:
        """Names of what is stated, one word each."""
        names = ("role", "formats", "counts", "length", "language", "audience", "tone", "only")
        found = {name for name in (*names, "waits") if getattr(self, name)}
        return frozenset(found | self.formats)


@lru_cache(maxsize=4)
def form_of(masked: str) -> Form:
    """The form that ``masked`` (a text without its material) asks for. Raises nothing."""
    masked = masked.lower()
    role = _ROLE.search(masked)
    formats = {str(m.lastgroup) for m in _FORMAT.finditer(masked)}
    formats |= {str(m.lastgroup) for m in _FORMAT_ALONE.finditer(masked)}
    return Form(
        role=role["role"].strip() if role else "",
        formats=frozenset(formats),
        counts=tuple((m["number"], m["noun"]) for m in _COUNT.finditer(masked)),
        length=_first(_LENGTH, masked),
        language=_first(_LANGUAGE, masked),
        audience=_first(_AUDIENCE, masked),
        tone=_first(_TONE, masked),
        only=_ONLY.search(masked) is not None,
        waits=_WAIT.search(masked) is not None,
    )


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match.group().strip() if match else ""
