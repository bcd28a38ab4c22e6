"""What an idea asks for, said only where independent signs agree."""

from dataclasses import dataclass

from prompt_improver.improvement.offline.artefact_choice import artefact_of
from prompt_improver.improvement.offline.artefacts import Artefact, catalogue
from prompt_improver.improvement.offline.frame_choice import TASKS, frame_of
from prompt_improver.improvement.offline.knowledge import LANGUAGES, knowledge
from prompt_improver.improvement.offline.request import Request, requests
from prompt_improver.improvement.offline.signs import Signs, field_of, signs_of
from prompt_improver.improvement.reading import Form, MaskedText


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was recognised; ``task``, ``field`` and ``frame`` are None together."""

    task: str | None = None
    field: str | None = None
    frame: str | None = None
    """Name of a frame in knowledge/frames.toml."""
    missing: bool = False
    """The request points at material that is not there."""
    artefact: Artefact | None = None
    """What the idea is for."""


def recognise(masked: MaskedText, context: str, form: Form, language: str | None) -> Recognition:
    """The task, the field and the artefact of an idea in ``language``; nothing outside
    English and Spanish, nothing where requests disagree, nothing where the answer is to
    wait."""
    if language not in LANGUAGES or form.waits:
        return Recognition()
    known = knowledge()
    signs = signs_of(known, masked, context, language)
    if known.excluded_any.among(signs.words - _OF_SYSTEMS):
        return Recognition()
    verbs = known.verbs[language] | catalogue().verbs[language]
    asked = requests(masked.masked, language, verbs, known.ambiguous)
    decided = [(one, frame) for one in asked if (frame := frame_of(one, signs))]
    certain = len({TASKS[frame] for _, frame in decided}) == 1
    if decided and not certain:
        return Recognition()
    chosen = decided[0][1] if certain else None
    artefact = None
    if not known.sensitive.among(signs.words - known.settings.among(signs.words)):
        artefact = artefact_of(masked.masked, asked, chosen, signs)
    if chosen is None or known.excluded_any.among(signs.words):
        given = signs.given and not _has_only_words(artefact, masked, context)
        missing = artefact is not None and bool(artefact.material) and not given
        return Recognition(artefact=artefact, missing=missing)
    return Recognition(
        task=TASKS[chosen],
        field=field_of(TASKS[chosen], signs),
        frame=chosen,
        missing=_is_missing(decided[0][0], chosen, signs)
        or _has_only_words(artefact, masked, context),
        artefact=artefact,
    )


_OF_SYSTEMS = frozenset({"prompt", "prompts"})
"""Words of a request for a system prompt too."""


def _has_only_words(artefact: Artefact | None, masked: MaskedText, context: str) -> bool:
    """Whether a fault is told in words, and its code is nowhere."""
    bug = artefact is not None and artefact.material == "bug"
    return bug and not masked.materials and not context.strip()


def _is_missing(request: Request, frame: str, signs: Signs) -> bool:
    if "missing" not in signs.known.frames[frame] or signs.given or signs.says("after_colon"):
        return False
    told = [word for word in request.rest if word not in signs.programming and len(word) > 2]
    short = len(request.phrase) <= 2 and not told
    return request.points or short or frame in ("edit", "summary_of_text")
