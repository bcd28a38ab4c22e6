"""What of an idea a prompt has kept: the pieces that the gates look for, and find."""

from collections import Counter
from collections.abc import Iterator

from prompt_improver.domain.evidence import MOST_CHARACTERS, MOST_PIECES, KeptPiece
from prompt_improver.improvement.gates.comparison import Rewrite, stands_in
from prompt_improver.improvement.gates.names import LANGUAGES_WITH_NAMES, names_in
from prompt_improver.improvement.gates.numbers import apart, find_numbers, numbers_of
from prompt_improver.improvement.gates.placeholders import placeholders_in
from prompt_improver.improvement.gates.user_limits import limits_of_request
from prompt_improver.improvement.gates.verbatim import SET_OFF, exact_pieces
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.reading import mask

_SHORTEST_MATERIAL = 60
_FILE = lazy_pattern(
    r"[\w.-]+\.(?:py|jsx?|tsx?|md|json|ya?ml|toml|csv|xlsx?|txt|html?|css|java|rs|go|php|rb|sh|sql"
    r"|ipynb|pdf|docx?|pptx?|png|jpe?g|svg|env|cfg|ini|log|xml|lock|cs|cpp|c|h|kt|swift|vue)",
)
_DATE = lazy_pattern(r"\b\d{4}-\d\d-\d\d\b")
_HAS_SIGNS = lazy_pattern(r"[\d{}<>\[\]$%`\"“«„'/\\@_#+]|\w\.\w|--|[a-zß-ÿ][A-Z]")


def kept(rewrite: Rewrite) -> tuple[KeptPiece, ...]:
    """What of the idea has to be kept and stands in the prompt: at most MOST_PIECES of a kind,
    none twice. A number of a limit is told with it."""
    found: dict[KeptPiece, None] = {}
    counts: Counter[str] = Counter()
    for kind, text in _pieces(rewrite):
        flat = text.strip()
        piece = KeptPiece(
            kind=kind,
            text=flat if len(flat) <= MOST_CHARACTERS else f"{flat[: MOST_CHARACTERS - 1]}…",
        )
        if flat and piece not in found and counts[kind] < MOST_PIECES:
            found[piece] = None
            counts[kind] += 1
    return tuple(found)


def _pieces(rewrite: Rewrite) -> Iterator[tuple[str, str]]:
    idea, text, language = rewrite.idea, rewrite.text, rewrite.prompt.language
    masked = mask(idea)
    limits = [idea[each.start : each.end] for each in limits_of_request(masked, language)]
    told = " ".join(limits)
    if _HAS_SIGNS.search(idea):
        yield from _exact(idea, text, told)
    if (language or "") in LANGUAGES_WITH_NAMES:
        lower = text.lower()
        yield from (("name", each) for each in names_in(idea) if stands_in(each.lower(), lower))
    yield from (("limit", limit) for limit in limits)
    for block in masked.blocks:
        piece = idea[block.start : block.end]
        if block.end - block.start >= _SHORTEST_MATERIAL and piece.strip() in text:
            yield "material", piece
    if language:
        yield "language", language


def _exact(idea: str, text: str, told: str) -> Iterator[tuple[str, str]]:
    for piece in placeholders_in(idea):
        if piece in text:
            yield "placeholder", piece
    for match in SET_OFF.finditer(idea):
        group = match.lastgroup or ""
        piece = match.group(group)
        if piece.strip() and piece.strip() in text and len(piece) < _SHORTEST_MATERIAL:
            yield "code" if group in ("fence", "ticks") else "quotation", piece
    rest = apart(SET_OFF.sub(" ", idea))
    for piece in placeholders_in(rest):
        rest = rest.replace(piece, " ")
    for piece in dict.fromkeys(_DATE.findall(rest)):
        rest = rest.replace(piece, " ")
        if piece in text and piece not in told:
            yield "number", piece
    for piece in exact_pieces(rest):
        if stands_in(piece, text):
            yield _kind(piece), piece
    there: set[str] | None = None
    for number in {each.written: each for each in numbers_of(rest)}.values():
        if number.written in told:
            continue
        if not stands_in(number.written, text):
            if there is None:
                there = {form for each in find_numbers(text) for form in each.loose}
            if number.own.isdisjoint(there):
                continue
        yield "number", number.written


def _kind(piece: str) -> str:
    if "://" in piece or piece.startswith("www.") or ("@" in piece and "." in piece):
        return "address"
    if "/" in piece or "\\" in piece or _FILE.fullmatch(piece):
        return "path"
    return "identifier"
