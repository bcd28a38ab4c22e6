"""What in a text is material (code, logs, quotes, addresses, pasted text) and not the request."""

import re
from dataclasses import dataclass
from functools import lru_cache

from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.reading.code_lines import is_code_line

MASK = "\ufffc"
"""Stands in a masked text where material began; the rest of it is spaces."""

_BLOCKS = frozenset({"fence", "code", "log", "quote", "pasted"})
_MARKS = "'\"“«„`"
_LONGEST_IN_SENTENCE = 200
_MOST_CHARACTERS = 6_000  # of each end; what bounds the time
_FENCED = lazy_pattern(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.M | re.S)
_TICKS = lazy_pattern(r"`[^`\n]{1,400}`")
_QUOTED = lazy_pattern(
    r"(?:(?<=\n)|(?<=[:：] )|\A)\"[^\"]{2,4000}\"(?=\s*(?:\n|\Z))"
    r"|\"[^\"\n]{1,600}\"|“[^”]{1,4000}”|«[^»]{1,4000}»|„[^“”]{1,4000}[“”]|「[^」]{1,400}」"
    r"|(?<![\w'])'[^'\n]{1,300}'(?!\w)|《[^》]{1,200}》"
)
_QUOTE_MARK = lazy_pattern("[\"“«„「《']")
# One that is never closed runs to the end.
_OPEN_QUOTE = lazy_pattern(r"(?:(?<=\s)|\A)[\"“«](?=\w)[^\"“”«»]{40,}\Z")
_ADDRESS = lazy_pattern(r"\b(?:https?://|www\.)\S+|\b[\w.+-]{1,64}@[\w-]{1,64}\.\w+\b")
_NAME = lazy_pattern(
    r"@[\w./-]+|(?<!\w)(?:~|\.{1,2})?/[\w.-]{1,80}(?:/[\w.-]{1,80}){0,12}"
    r"|\b[\w-]{1,80}(?:/[\w.-]{1,80}){1,12}\.\w{1,5}\b"
    r"|\b[\w-]{1,80}\.(?:py|js|ts|tsx|jsx|md|json|ya?ml|toml|csv|xlsx?|txt|html?|css|java|rs|go|php|rb"
    r"|sh|sql|ipynb|pdf|docx?|png|jpe?g|env|cfg|ini|log)\b|\b\w{1,80}_\w+\b|\b[a-z]{1,80}[A-Z]\w*\b"
    r"|\b\w{1,80}(?:\.\w{1,80}){0,8}\([^()\n]{0,80}\)"
)
_LOG = lazy_pattern(
    r"^(?:Traceback \(most recent call last\).*|[ \t]+File \".*|[ \t]+at [\w$.<>]+\(.*"
    r"|\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d.*|npm ERR!.*|(?:ERROR|WARN|FATAL|panic)\b[: ].*"
    r"|\w*(?:Error|Exception)\b:.*)$",
    re.M,
)
_ERROR = lazy_pattern(
    r"\b[A-Z]\w*(?:Error|Exception)\b(?::\s*(?:'[^'\n]*'|\"[^\"\n]*\"))?"
    r"|\bsegfault\b|\bstack ?trace\b|\btraceback\b|\berror (?:code )?\d+\b",
)
# "this email: ...", "el siguiente texto:\n...": what follows was pasted. A list that follows
# ("with these fields:\n- name") is part of the request.
_TEXT_NOUNS = (
    r"text|code|e-?mail|message|paragraph|sentence|article|letter|essay|review|function|query|script"
    r"|error|log|output|data|snippet|prompt|json|html|regex|sql|tags|condition|problem|question"
    r"|texto|c[oó]digo|correo|mensaje|p[aá]rrafo|frase|art[ií]culo|carta|ensayo|funci[oó]n|consulta"
    r"|texte|lettre|fonction|nachricht|testo|lettera|funzione|mensagem|fun[cç][aã]o"
)
_INTRODUCED = lazy_pattern(
    r"(?:\b(?:this|these|the following|following|below|here(?:'s| is| are)(?: (?:the|my))?|my|the"
    r"|est[ea]s?|(?:el|la|los|las|del|al) siguientes?|siguientes?|aqu[ií] (?:est[aá]|tienes)|mi|el"
    r"|la|ce|cet|voici|diese[rsn]?|folgende[rsn]?|quest[oa]|il seguente|seguente|isto|ao?)\s+"
    rf"(?:[^\W\d_]+\s+){{0,2}}?(?:{_TEXT_NOUNS})s?(?:\s+[^\W\d_,]+){{0,8}}?"
    r"|(?:\A|(?<=[\n.!?]))\s*(?P<act>(?:please )?(?:translate|proofread|rephrase|paraphrase|traduce"
    r"|traduzca|traduis|traduisez|übersetze?|traduci|traduza)\b)[^:：\n]{0,60}"
    r"|(?:\A|(?<=[\n.!?]))\s*(?:text|code|e-?mail|message|error|log|texto|c[oó]digo|correo|mensaje)"
    r"|\b(?:this|these|the following|following|below|est[ea]|(?:lo|el|la|al) siguiente|isto"
    r"|questo))[ \t]*\Z",
    re.I,
)
_COLON = lazy_pattern(r"[:：](?=\s|\S{4})(?!//)")
_LONGEST_LEAD = 100  # characters before the colon
_REQUEST_AGAIN = lazy_pattern(
    r"(?<=[.!?\n])\s*(?:please\b|can you\b|could you\b|i (?:need|want) you\b|por favor\b|puedes\b"
    r"|quiero que\b|necesito que\b)",
    re.I,
)
# These are said of many things: only several sentences are a text to work on.
_MAY_INTRODUCE = lazy_pattern(
    r"(?:\A|(?<=[\n.!?]))\s*(?:(?:please )?(?:summari[sz]e|rewrite|edit|correct|shorten"
    r"|improve|polish|resume|resúmeme|corrige|reescribe|mejora|acorta|résume|résumez|corrigez|réécris|améliore"
    r"|fasse|kürze|verbessere|korrigiere|riassumi|correggi|migliora|resuma|revise|corrija|reescreva"
    r"|melhore)\b)[^:：\n]{0,80}\Z",
    re.I,
)
_SENTENCES = lazy_pattern(
    r"[^\W\d_a-zà-ÿ].*?(?:\w{2,}|[%)”])[.!?。！？](?:\s+|(?<=[。！？]))[^\W\d_]", re.S
)
_ASKS = lazy_pattern(
    r"(?:\A|[.!?]\s+)(?:add|use|keep|make|write|do|don'?t|never|avoid|no|be|give|include|explain|list|show"
    r"|tell|say|start|end|put|mention|focus|limit|return|usa|utiliza|mant[ée]n|haz|escribe|no|evita|s[ée]"
    r"|da|incluye|explica|pon|di|use|não|faça|utilise|garde|fais|ne|évite|nutze|halte|mach|schreib|kein"
    r"|usa|fai|non|evita)\b",
    re.I,
)
_LIST_ITEM = lazy_pattern(r"\s*(?:[-*•]|\d{1,2}[.)])[ \t]")
_SIGNS = lazy_pattern(r"[{}()\[\];=<>+*/\\|&$#%_]")


@dataclass(frozen=True, slots=True)
class Material:
    """A piece of a text that is not the request."""

    start: int
    end: int
    kind: str
    """fence, code, log, quote, pasted; signs (lines of mostly signs), address or name."""


@dataclass(frozen=True, slots=True)
class MaskedText:
    """A text, and the same text without its material."""

    text: str
    masked: str
    """As long as ``text``: material is one MASK and spaces; its line breaks stay."""
    materials: tuple[Material, ...]

    @property
    def blocks(self) -> tuple[Material, ...]:
        """Material that is something to work on, not a name or an address in a sentence."""
        return tuple(m for m in self.materials if m.kind in _BLOCKS)

    @property
    def apart(self) -> tuple[Material, ...]:
        """The blocks that are no word of the sentence that they stand in, as a quoted name or
        a command is."""
        return tuple(block for block in self.blocks if not self._is_in_sentence(block))

    @property
    def request(self) -> str:
        """The text, as long as it is, with blanks for the blocks that stand apart."""
        text = self.text
        for block in self.apart:
            blank = " " * (block.end - block.start)
            text = f"{text[: block.start]}{blank}{text[block.end :]}"
        return text

    def _is_in_sentence(self, block: Material) -> bool:
        piece = self.text[block.start : block.end]
        return len(piece) <= _LONGEST_IN_SENTENCE and piece[0] in _MARKS and "\n" not in piece

    def has(self, *kinds: str) -> bool:
        return any(material.kind in kinds for material in self.materials)


# The backend and the gates take the same idea apart.
@lru_cache(maxsize=4)
def mask(text: str) -> MaskedText:
    """Take ``text`` apart. Linear in its length; of a very long text the middle counts as
    pasted. Raises nothing."""
    found: list[Material] = []
    masked = text
    if len(text) > 2 * _MOST_CHARACTERS:
        middle = Material(_MOST_CHARACTERS, len(text) - _MOST_CHARACTERS, "pasted")
        found.append(middle)
        masked = _blank(masked, middle.start, middle.end)
    for kind, pattern in (("fence", _FENCED), ("code", _TICKS)):
        if "`" in masked or "~~~" in masked:
            masked = _take(masked, pattern, kind, found)
    masked = _take_introduced(masked, found)
    masked = _take(masked, _LOG, "log", found)
    masked = _take_code_lines(masked, found)
    masked = _take(masked, _ERROR, "log", found)
    if _QUOTE_MARK.search(masked):
        masked = _take(masked, _QUOTED, "quote", found)
        masked = _take(masked, _OPEN_QUOTE, "quote", found)
    masked = _take(masked, _ADDRESS, "address", found)
    masked = _take(masked, _NAME, "name", found)
    return MaskedText(text, masked, tuple(sorted(found, key=lambda m: m.start)))


def _blank(text: str, start: int, end: int) -> str:
    piece = "".join("\n" if c == "\n" else " " for c in text[start:end])
    return f"{text[:start]}{MASK}{piece[1:]}{text[end:]}" if piece else text


def _take(masked: str, pattern: re.Pattern[str], kind: str, found: list[Material]) -> str:
    for match in pattern.finditer(masked):
        start, end = match.span()
        # All of it in quotation marks is an idea that somebody quoted, not a quotation.
        if kind == "quote" and not masked[:start].strip() and not masked[end:].strip(" .\n"):
            continue
        found.append(Material(start, end, kind))
        masked = _blank(masked, start, end)  # as long as before: later matches stay in place
    return masked


def _take_introduced(masked: str, found: list[Material]) -> str:
    for colon in _COLON.finditer(masked):
        lead = max(0, colon.start() - _LONGEST_LEAD)
        introduced = _INTRODUCED.search(masked, lead, colon.start())
        soft = None
        if introduced is None:
            soft = introduced = _MAY_INTRODUCE.search(masked, lead, colon.start())
        if introduced is None:
            continue
        rest = masked[colon.end() :]
        body = rest.lstrip()
        if not body or body[0] == MASK or _LIST_ITEM.match(body):
            continue
        if len(body.split()) < 6 and "\n" not in body.strip():
            continue
        start = colon.end() + len(rest) - len(body)
        # "My text: ... Please translate it": but a letter may say "please" too, and then what
        # is asked stands before it ("shorten this letter: ...").
        asked = masked[lead : introduced.start()].rstrip(" ")[-1:] not in ("", "\n", ".", "!", "?")
        asked = asked or soft is not None or introduced["act"] is not None
        if soft and (not _SENTENCES.match(body) or _ASKS.search(body)):
            continue
        again = _REQUEST_AGAIN.search(body)
        if again and not (asked and again.group().startswith(" ")):
            body = body[: again.start()]
            if len(body.split()) < 6:
                continue
        # A question in a paragraph of its own after it is the request again.
        end = start + len(body.rstrip())
        first = body.split("\n\n", 1)[0].rstrip()
        if any(_is_code(line) or _is_dense(line) for line in first.splitlines()[:4]):
            end = start + len(first)  # what follows code is looked at line by line
        last = body.rstrip().rfind("\n\n")
        if last >= 0 and body.rstrip().endswith(("?", "？")) and len(body) - last < 300:
            end = min(end, start + len(body[:last].rstrip()))
        found.append(Material(start, end, "pasted"))
        return _blank(masked, start, end)
    return masked


def _take_code_lines(masked: str, found: list[Material]) -> str:
    if not _SIGNS.search(masked):
        return masked
    position, start, end, sure = 0, -1, -1, False
    runs: list[tuple[int, int, str]] = []
    for line in (*masked.splitlines(keepends=True), "."):
        code = _is_code(line)
        if code or _is_dense(line) or (start >= 0 and _goes_on(line)):
            if start < 0:
                start = _begin(masked, position)
            if line.strip():
                end = position + len(line.rstrip())
            sure = sure or code
        elif start >= 0:
            runs.append((start, end, "code" if sure else "signs"))
            start, sure = -1, False
        position += len(line)
    for start, end, kind in runs:
        found.append(Material(start, end, kind))
        masked = _blank(masked, start, end)
    return masked


def _begin(masked: str, start: int) -> int:
    """Where code that was recognised at ``start`` begins: lines right above it that are no
    sentences belong to it ("let x", "$: {")."""
    while start > 0:
        above = masked.rfind("\n", 0, start - 1) + 1
        line = masked[above : start - 1].strip()
        if not line or line[-1] in ".:?!,：。？，" or len(line.split()) > 3:
            break
        start = above
    return start


_SQL = lazy_pattern(
    r"(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|FROM|(?:LEFT |RIGHT |INNER )?JOIN|WHERE"
    r"|GROUP BY|ORDER BY|HAVING) .*[\w*);]\Z"
)


def _is_code(line: str) -> bool:
    return is_code_line(line) or _SQL.match(line.strip()) is not None


def _is_dense(line: str) -> bool:
    bare = line.strip()
    return len(bare) > 7 and len(_SIGNS.findall(bare)) * 5 >= len(bare)


def _goes_on(line: str) -> bool:
    """Whether a line after code is more of it: blank, set in, or mostly signs."""
    bare = line.strip()
    if not bare:
        return True
    words = len(bare.split())
    if line[:1] in " \t" and words <= 12:
        return True
    return len(_SIGNS.findall(bare)) * 8 >= len(bare)
