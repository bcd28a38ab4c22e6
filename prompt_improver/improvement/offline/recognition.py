"""What an idea asks for, said only where independent signs agree."""

from dataclasses import dataclass

from prompt_improver.improvement.offline.frame_choice import TASKS, frame_of
from prompt_improver.improvement.offline.knowledge import LANGUAGES, knowledge
from prompt_improver.improvement.offline.request import Request, requests
from prompt_improver.improvement.offline.signs import Signs, field_of, signs_of
from prompt_improver.improvement.reading import Form, MaskedText

_FEW_WORDS = 6
_FEW_WORDS_WHERE_UNCLEAR = 15


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


def recognise(masked: MaskedText, context: str, form: Form, language: str | None) -> Recognition:
    """The task and the field of an idea in ``language``; nothing outside English and
    Spanish, nothing where requests disagree, nothing where the answer is to wait."""
    if language not in LANGUAGES or form.waits:
        return Recognition()
    known = knowledge()
    signs = signs_of(known, masked, context, language)
    if known.excluded_any.among(signs.words):
        return Recognition()
    asked = requests(masked.masked, language, known.verbs[language], known.ambiguous)
    decided = [(one, frame) for one in asked if (frame := frame_of(one, signs))]
    if len({TASKS[frame] for _, frame in decided}) != 1:
        return Recognition()
    request, frame = decided[0]
    return Recognition(
        task=TASKS[frame],
        field=field_of(TASKS[frame], signs),
        frame=frame,
        missing=_is_missing(request, frame, signs),
        bare=_is_bare(asked, signs),
    )


def _is_missing(request: Request, frame: str, signs: Signs) -> bool:
    if "missing" not in signs.known.frames[frame] or signs.given:
        return False
    told = [word for word in request.rest if word not in signs.programming and len(word) > 2]
    short = len(request.phrase) <= 2 and not told
    return request.points or short or frame in ("edit", "summary_of_text")


def _is_bare(asked: list[Request], signs: Signs) -> bool:
    if signs.given or signs.around or len(asked) != 1:
        return False
    length = len(signs.folded.split())
    if signs.says("unclear") and length <= _FEW_WORDS_WHERE_UNCLEAR:
        return True
    return length <= _FEW_WORDS and len(asked[0].phrase) <= 2 and not asked[0].rest
