"""What an idea asks for, said only where independent signals agree."""

import re
from dataclasses import dataclass

from prompt_improver.improvement.form import Form
from prompt_improver.improvement.material import MaskedText
from prompt_improver.improvement.offline.knowledge import Knowledge, Task, knowledge, words_of
from prompt_improver.improvement.offline.request import Request, fold, requests

TECHNICAL = frozenset(
    "web security api database infrastructure data mobile testing software".split()
)
_TEXT_NOUNS = frozenset(
    "text email e-mail mail message paragraph sentence article letter essay post copy bio resume cv"
    " wording draft story description summary abstract tweet caption headline speech texto correo"
    " mensaje parrafo frase articulo carta ensayo redaccion borrador descripcion resumen titular".split()
)
_CODE_NOUNS = frozenset(
    "code function script class query bug error errors exception test tests snippet program module"
    " component method loop regex algorithm codigo funcion consulta clase metodo programa fallo".split()
)
_HUMAN_LANGUAGES = re.compile(
    r"\b(?:in|to|into|al|a|en)\s+(?:\w+\s+)?(?:english|spanish|french|german|italian|portuguese|russian|chinese"
    r"|japanese|korean|arabic|ingles|espanol|frances|aleman|italiano|portugues|ruso|chino|japones"
    r"|catalan|latin|dutch|polish|turkish|hindi|hebrew|greek)\b"
)
_EDITS = frozenset(
    "improve enhance polish edit shorten make correct mejora mejorar mejore edita editar acorta"
    " acortar corrige corregir haz hacer rewrite rephrase proofread paraphrase reword reescribe"
    " reescribir reformula reformular parafrasea".split()
)
_ONLY_EDITS = frozenset("rewrite rephrase proofread paraphrase reword reescribe reescribir reformula reformular parafrasea".split())
_LISTS = frozenset(
    "give suggest generate propose recommend brainstorm create list come write provide dame dime dices"
    " da dar des genera generar sugiere propon escribe crea crear haz hacer make need".split()
)
_PROGRAMMERS = frozenset("debug refactor depura depurar refactoriza refactorizar dockerize dockerise".split())
_DESIGNS = frozenset("design disena disenar".split())
_MAKES = frozenset("implement code program develop build implementa implementar implemente implementes programa programar desarrolla desarrollar construye".split())
_POINTS_AT_CODE = re.compile(
    r"\b(?:this|that|these|este|esta|ese|esa)\s+(?:code|error|function|script|bug|exception|message|query|codigo|funcion|fallo|consulta)\b"
)
_UNCLEAR = re.compile(
    r"\b(?:not sure|dont (?:really )?know|do not know|no se|no estoy segur[oa])\b[^.?!]{0,20}\b(?:what|que)\b[^.?!]{0,12}"
    r"\b(?:need|want|necesito|quiero|hacer|do)\b|\b(?:does|that do|do|haga|hace) (?:something|algo)\b"
)
_ENOUGH_CONTEXT = 4  # words


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was recognised; ``task``, ``field`` and ``frame`` are None together."""

    task: str | None = None
    field: str | None = None
    frame: str | None = None
    """Name of a frame in knowledge/frames.toml."""
    missing: bool = False
    """The request points at material that is not there."""
    bare: bool = False
    """It names a thing to be made and says nothing about it."""


@dataclass(frozen=True, slots=True)
class _Signs:
    known: Knowledge
    words: frozenset[str]
    masked: MaskedText
    folded: str
    around: str
    language: str
    fields: dict[str, set[str]]
    programming: frozenset[str]
    """Terms of programming in idea and context."""
    technical: bool
    """Independent signs agree that it is about programming: code, a term that has no other
    meaning, or two that have."""
    code: bool
    text: bool
    given: bool
    """Something to work on is there: in the idea, its context, or named as a file."""
    sensitive: bool


def recognise(masked: MaskedText, context: str, form: Form, language: str | None) -> Recognition:
    """The task and the field of an idea in ``language``; nothing outside English and
    Spanish, nothing where requests disagree, nothing where the answer is to wait."""
    known = knowledge()
    if language not in ("en", "es") or form.waits:
        return Recognition()
    signs = _signs(known, masked, context, language)
    if known.excluded_any.among(signs.words):
        return Recognition()
    asked = requests(masked.masked, language, known.verbs[language], known.ambiguous)
    decided = [(one, frame) for one in asked if (frame := _frame_of(one, signs))]
    frames = {frame for _, frame in decided}
    if len({_TASKS[frame] for frame in frames}) != 1:
        return Recognition()
    request, frame = decided[0]
    task = _TASKS[frame]
    return Recognition(
        task=task,
        field=_field_of(task, signs),
        frame=frame,
        missing=_is_missing(request, frame, signs),
        bare=_is_bare(request, asked, signs),
    )


_TASKS = {
    **{name: name for name in ("build", "fix", "refactor", "review", "test", "query", "document")},
    **{name: name for name in ("design", "deploy", "brainstorm", "plan", "analyse", "compare")},
    "message": "write",
    "article": "write",
    "edit": "write",
    "how_code": "advise",
    "how_plain": "advise",
    "explain_code": "explain",
    "explain_topic": "explain",
    "summary_of_text": "summarise",
    "summary_of_work": "summarise",
    "translation": "translate",
    "code_translation": "translate",
}


def _signs(known: Knowledge, masked: MaskedText, context: str, language: str) -> _Signs:
    folded, around = fold(masked.masked), fold(context[:2_000])
    words_here = words_of(folded)
    both = words_here | words_of(around)
    fields = {name: terms.among(both) for name, terms in known.fields.items()}
    terms = set().union(*(found for name, found in fields.items() if name in TECHNICAL))
    strong = {term for term in terms if term not in known.weak}
    programming = terms | known.shared.among(both)
    code = masked.has("code", "fence", "log")
    words = len(around.split())
    return _Signs(
        known=known,
        words=words_here,
        masked=masked,
        folded=folded,
        around=around,
        language=language,
        fields=fields,
        programming=frozenset(programming),
        technical=bool(strong) or len(programming) > 1 or code,
        code=code,
        text=masked.has("pasted") or any(m.end - m.start > 40 for m in masked.blocks if m.kind == "quote"),
        given=bool(masked.materials) or words >= _ENOUGH_CONTEXT,
        sensitive=bool(known.sensitive.among(words_here)),
    )


def _frame_of(request: Request, signs: _Signs) -> str:
    """The frame that ``request`` asks for; empty where that is not certain."""
    if request.kind == "compare":
        return "" if signs.sensitive else "compare"
    if request.kind == "how":
        return _frame_of_how(request, signs)
    if request.kind == "explain":
        plain = not signs.sensitive and not re.search(r"\d", " ".join(request.phrase + request.rest))
        short = 1 <= len(request.phrase) <= 5 and "of" not in request.rest[:1]
        return "explain_topic" if plain and short else ""
    return _frame_of_verb(request, signs) or _frame_of_thing(request, signs)


_SYMPTOM = re.compile(
    r"\b(?:incorrect|wrong|broken|does ?nt work|not work|isnt working|fails?|failing|crash\w*|error|errors|bug"
    r"|problem is|problema es|no funciona|falla|incorrecto|equivocado|no compila)\b"
)


def _frame_of_how(request: Request, signs: _Signs) -> str:
    first = request.phrase[0] if request.phrase else ""
    technical = signs.technical
    if (signs.code or signs.text) and technical and _SYMPTOM.search(signs.folded):
        return "fix"
    if first in signs.known.tasks["fix"].verbs[signs.language]:
        return "fix" if signs.code else "how_code" if technical else ""
    if technical:
        return "how_code"
    return "" if signs.sensitive or len(request.phrase) < 1 else "how_plain"


def _frame_of_verb(request: Request, signs: _Signs) -> str:
    """What a verb decides that says itself what is to be done."""
    verb, words = request.verb, set(request.phrase)
    lang, tasks = signs.language, signs.known.tasks
    technical = signs.technical or bool(words & _CODE_NOUNS) or verb in _PROGRAMMERS
    head = (request.phrase[-1 if lang == "en" else 0] if request.phrase else "").rstrip("s")
    about_text = bool(words & _TEXT_NOUNS) and not words & _CODE_NOUNS
    if verb in _EDITS and (about_text or verb in _ONLY_EDITS) and not signs.code:
        named = request.points or signs.text or verb in _ONLY_EDITS
        first = request.phrase[0] if request.phrase else ""
        makes = verb in ("make", "haz", "hacer")
        if named and (not makes or (request.points and first in _TEXT_NOUNS)):
            return "edit"
        return ""
    for name in ("fix", "refactor", "review", "document", "deploy"):
        if verb in tasks[name].verbs[lang]:
            both = request.rest[1:2] if not words and request.rest[:1] in (("and",), ("y",)) else ()
            other = both and both[0] in signs.known.verbs[lang] and both[0] not in tasks[name].verbs[lang]
            return name if technical and not about_text and not other else ""
    if verb in tasks["summarise"].verbs[lang]:
        return _summary(request, signs)
    if verb in tasks["translate"].verbs[lang] or verb in ("convert", "convierte", "convertir"):
        return _translation(request, signs)
    if verb in tasks["explain"].verbs[lang]:
        if signs.code or (head in _CODE_NOUNS and request.points):
            return "explain_code"
        if not signs.given and _POINTS_AT_CODE.search(signs.folded):
            return "explain_code"
        topic = verb not in ("describe",) and (request.phrase or request.rest)
        return "explain_topic" if topic and not signs.sensitive and not request.points else ""
    if verb in tasks["compare"].verbs[lang]:
        return "compare" if request.phrase and not signs.sensitive else ""
    return ""


def _summary(request: Request, signs: _Signs) -> str:
    text = set(request.phrase) & (_TEXT_NOUNS | {"document", "documento", "pdf", "transcript"})
    if signs.text or len(signs.around.split()) > 40:
        return "summary_of_text"
    if request.points or text or (not request.phrase and not request.rest):
        return "summary_of_text"
    return "summary_of_work" if len(request.phrase) + len(request.rest) >= 2 else ""


def _translation(request: Request, signs: _Signs) -> str:
    code = signs.code or bool(set(request.phrase) & _CODE_NOUNS)
    spoken = _HUMAN_LANGUAGES.search(signs.folded)
    if spoken and request.verb not in ("convert", "convierte", "convertir"):
        return "translation"
    if code and signs.fields["software"] and not spoken:
        return "code_translation"
    return ""


def _frame_of_thing(request: Request, signs: _Signs) -> str:
    """What the thing that is to be made decides, after a verb that decides nothing."""
    wanted = request.kind == "wanted"
    generic = wanted or request.verb in signs.known.generic[signs.language]
    if not generic and request.verb not in signs.known.tasks["brainstorm"].verbs[signs.language]:
        return ""
    for name, task in signs.known.tasks.items():
        thing = _head(request, task.things[signs.language], signs.language)
        if thing and (frame := _frame_for(name, thing, request, signs, strong=True)):
            return frame
    for name, task in signs.known.tasks.items():
        thing = _head(request, task.weak[signs.language], signs.language)
        if thing and (frame := _frame_for(name, thing, request, signs, strong=False)):
            return frame
    design = signs.known.tasks["design"]
    if request.verb in _DESIGNS and _head(request, design.design_only, signs.language):
        return "design" if signs.programming else ""
    if request.verb in _MAKES and len(signs.programming) + signs.code >= 2:
        return "build"
    return ""


def _frame_for(name: str, thing: str, request: Request, signs: _Signs, *, strong: bool) -> str:
    task: Task = signs.known.tasks[name]
    if task.needs == "code":
        # A word with other meanings too counts only beside another sign of programming.
        others = {term for term in signs.programming if term not in thing and thing not in term}
        if not strong and not (others or signs.code):
            return ""
        if name == "design" and not strong and request.verb not in _DESIGNS:
            return ""
        if name == "build" and request.verb in _DESIGNS:
            return "design" if thing in ("api", "rest api", "api rest") else ""
        return name
    if signs.sensitive or (task.needs == "text" and signs.code):
        return ""
    if name == "summarise":
        return _summary(request, signs)
    if name == "how_plain":
        return "" if signs.technical else name
    if name == "brainstorm":
        listing = request.kind == "wanted" or request.verb in _LISTS
        return "brainstorm" if listing and not signs.technical else ""
    if name == "write":
        if signs.known.excluded_text.among(signs.words):
            return ""
        return "message" if thing in _MESSAGES else "article"
    return name


_MESSAGES = frozenset(
    "email|e-mail|mail|emails|letter|cover letter|resignation letter|message|thank you note"
    "|invitation|announcement|memo|text message|out of office|complaint letter"
    "|recommendation letter|apology|correo|carta|carta de presentacion"
    "|carta de recomendacion|carta de reclamacion|mensaje|invitacion|comunicado|carta formal"
    "|correo formal".split("|")
)


def _head(request: Request, things: frozenset[str], language: str) -> str:
    """The longest of ``things`` that is the head of the object: its end in English ("a
    python script"), its beginning in Spanish ("un plan de estudio")."""
    words = request.phrase
    after = (*words, *request.rest[:4])
    if language == "es":
        for start in (0, 1):  # an adjective may stand before it: "un breve resumen"
            for length in (4, 3, 2, 1):
                piece = " ".join(after[start : start + length])
                if piece in things and (start == 0 or len(words) > 1):
                    return piece
        return ""
    for length in (4, 3, 2, 1):
        if length <= len(words) and (piece := " ".join(words[-length:])) in things:
            return piece
    for length in (5, 4, 3):
        if (piece := " ".join(after[:length])) in things:
            return piece
    return ""


def _field_of(task: str, signs: _Signs) -> str:
    fixed = {"test": "testing", "query": "database"}.get(task)
    if fixed:
        return fixed
    counts = {name: len(found) for name, found in signs.fields.items() if found}
    technical = {name: count for name, count in counts.items() if name in TECHNICAL}
    tech_task = signs.known.tasks[task].needs == "code" if task in signs.known.tasks else False
    about_code = _POINTS_AT_CODE.search(signs.folded) is not None
    if tech_task or signs.code or about_code or task == "translate" and signs.fields["software"] or (technical and task in ("advise", "explain", "compare")):
        special = {name: count for name, count in technical.items() if name != "software"}
        if special:
            return max(special, key=lambda name: special[name])
        return "infrastructure" if task == "deploy" else "software"
    for name in ("business", "education"):
        if counts.get(name, 0) >= 1:
            return name
    return "writing" if task == "write" else "general"


def _is_missing(request: Request, frame: str, signs: _Signs) -> bool:
    if "missing" not in signs.known.frames[frame] or signs.given:
        return False
    told = [word for word in request.rest if word not in signs.programming and len(word) > 2]
    short = len(request.phrase) <= 2 and not told
    return request.points or short or frame in ("edit", "summary_of_text")


def _is_bare(request: Request, asked: list[Request], signs: _Signs) -> bool:
    if signs.given or signs.around.strip() or len(asked) != 1:
        return False
    if _UNCLEAR.search(signs.folded) and len(signs.folded.split()) <= 15:
        return True
    few = len(request.phrase) <= 2 and len(signs.folded.split()) <= 6
    return few and not request.rest
