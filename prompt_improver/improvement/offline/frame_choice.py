"""Which frame one request asks for: its predicate, its object and the signs have to agree."""

import re

from prompt_improver.improvement.offline.grammar import grammar
from prompt_improver.improvement.offline.request import Request
from prompt_improver.improvement.offline.signs import Signs

TASKS = {
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
"""The task that each frame is for."""

_LONG_CONTEXT = 40  # words: it is the text, and not a remark about it


def frame_of(request: Request, signs: Signs) -> str:
    """The name of the frame; empty where nothing is certain."""
    if request.kind == "compare":
        return "" if signs.sensitive else "compare"
    if request.kind == "how":
        return _frame_of_how(request, signs)
    if request.kind == "how_after":
        # What comes before the comma may be a grief as well as a symptom.
        return _frame_of_how(request, signs) if signs.technical else ""
    if request.kind == "explain":
        numbers = re.search(r"\d", " ".join((*request.phrase, *request.rest)))
        plain = not numbers and 1 <= len(request.phrase) <= 5 and "of" not in request.rest[:1]
        return "explain_topic" if plain and not signs.sensitive else ""
    return _frame_of_verb(request, signs) or _frame_of_thing(request, signs)


def _frame_of_how(request: Request, signs: Signs) -> str:
    if (signs.code or (signs.text and signs.technical)) and signs.says("symptom"):
        return "fix"
    if request.phrase[:1] and request.phrase[0] in signs.known.tasks["fix"].verbs[signs.language]:
        return "fix" if signs.code else "how_code" if signs.technical else ""
    if signs.technical:
        return "how_code"
    return "how_plain" if request.phrase and not signs.sensitive else ""


def _frame_of_verb(request: Request, signs: Signs) -> str:
    """What a verb decides that says itself what is to be done."""
    verb, words, language = request.verb, set(request.phrase), signs.language
    verbs, nouns, tasks = grammar().verbs, grammar().nouns, signs.known.tasks
    about_text = bool(words & nouns["text"]) and not words & nouns["code"]
    if verb in verbs["edits"] and not signs.code and (about_text or verb in verbs["only_edits"]):
        return _edit(request, signs)
    for name in ("fix", "refactor", "review", "document", "deploy"):
        if verb in tasks[name].verbs[language]:
            sure = signs.technical or words & nouns["code"] or verb in verbs["programmers"]
            return name if sure and not about_text and not _two_verbs(request, name, signs) else ""
    if verb in tasks["summarise"].verbs[language]:
        return _summary(request, signs)
    if verb in tasks["translate"].verbs[language] or verb in verbs["converts"]:
        return _translation(request, signs)
    if verb in tasks["explain"].verbs[language]:
        return _explanation(request, signs)
    if verb in tasks["compare"].verbs[language]:
        return "compare" if request.phrase and not signs.sensitive else ""
    return ""


def _edit(request: Request, signs: Signs) -> str:
    only = request.verb in grammar().verbs["only_edits"]
    if request.verb in ("make", "haz", "hacer"):  # "make this email friendlier"
        text = request.phrase[:1] and request.phrase[0] in grammar().nouns["text"]
        return "edit" if request.points and text else ""
    return "edit" if request.points or signs.text or only else ""


def _two_verbs(request: Request, name: str, signs: Signs) -> bool:
    """ "Optimise and fix the bug": two tasks with one object."""
    if request.phrase or request.rest[:1] not in (("and",), ("y",)) or len(request.rest) < 2:
        return False
    other = request.rest[1]
    own = signs.known.tasks[name].verbs[signs.language]
    return other in signs.known.verbs[signs.language] and other not in own


def _explanation(request: Request, signs: Signs) -> str:
    pointed = request.points and set(request.phrase) & grammar().nouns["code"]
    if signs.code or pointed or (not signs.given and signs.says("points_at_code")):
        return "explain_code"
    told = request.verb != "describe" and (request.phrase or request.rest)
    return "explain_topic" if told and not signs.sensitive and not request.points else ""


def _summary(request: Request, signs: Signs) -> str:
    if signs.text or len(signs.around) > _LONG_CONTEXT:
        return "summary_of_text"
    text = set(request.phrase) & (grammar().nouns["text"] | {"document", "documento", "pdf"})
    if request.points or text or not (request.phrase or request.rest):
        return "summary_of_text"
    known = {*request.phrase, *request.rest} & (grammar().nouns["works"] | {"by"})
    return "summary_of_work" if known else ""


def _translation(request: Request, signs: Signs) -> str:
    spoken = signs.says("spoken_language")
    if spoken:
        return "" if request.verb in grammar().verbs["converts"] else "translation"
    code = signs.code or set(request.phrase) & grammar().nouns["code"]
    return "code_translation" if code and signs.fields["software"] else ""


def _frame_of_thing(request: Request, signs: Signs) -> str:
    """What the thing that is to be made decides, after a verb that decides nothing."""
    tasks, language = signs.known.tasks, signs.language
    generic = signs.known.generic[language] | tasks["brainstorm"].verbs[language]
    if request.kind != "wanted" and request.verb not in generic:
        return ""
    for strong in (True, False):
        for name, task in tasks.items():
            things = (task.things if strong else task.weak)[language]
            thing = head_of(request, things, language)
            if thing and (frame := _frame_for(name, thing, request, signs, strong=strong)):
                return frame
    designs = request.verb in grammar().verbs["designs"]
    if designs and head_of(request, tasks["design"].design_only, language):
        return "design" if signs.programming else ""
    makes = request.verb in grammar().verbs["makes"]
    return "build" if makes and len(signs.programming) + signs.code >= 2 else ""


def _frame_for(name: str, thing: str, request: Request, signs: Signs, *, strong: bool) -> str:
    needs = signs.known.tasks[name].needs
    if needs == "code":
        return _frame_for_code(name, thing, request, signs, strong=strong)
    if signs.sensitive or (needs == "text" and signs.code):
        return ""
    if name == "summarise":
        return _summary(request, signs)
    if name in ("how_plain", "brainstorm"):
        lists = request.kind == "wanted" or request.verb in grammar().verbs["lists"]
        return name if lists and not signs.technical else ""
    if name == "write":
        if signs.known.excluded_text.among(signs.words):
            return ""
        return "message" if thing in signs.known.messages else "article"
    return name


def _frame_for_code(name: str, thing: str, request: Request, signs: Signs, *, strong: bool) -> str:
    # A word with other meanings too counts only beside another sign of programming.
    others = any(term not in thing and thing not in term for term in signs.programming)
    if not (strong or others or signs.code):
        return ""
    designs = request.verb in grammar().verbs["designs"]
    if name == "design" and not (strong or designs):
        return ""
    if name == "build" and designs:
        return "design" if thing in signs.known.tasks["design"].design_only else ""
    return name


def head_of(request: Request, things: frozenset[str], language: str) -> str:
    """The longest of ``things`` that is the head of the object: its end in English ("a
    python script"), its beginning in Spanish ("un plan de estudio")."""
    words = request.phrase
    after = (*words, *request.rest[:4])
    pieces = [" ".join(after[:length]) for length in (5, 4, 3)]
    if language == "en":
        pieces = [" ".join(words[-n:]) for n in (4, 3, 2, 1) if n <= len(words)] + pieces
    else:
        pieces += [" ".join(after[:length]) for length in (2, 1)]
        if len(words) > 1:  # an adjective may stand before it: "un breve resumen"
            pieces += [" ".join(after[1 : 1 + length]) for length in (4, 3, 2, 1)]
    return next((piece for piece in pieces if piece in things), "")
