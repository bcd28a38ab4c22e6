"""Starred prompts: their names, and their {{variables}}."""

import logging
import re
import unicodedata
from collections.abc import Mapping

from prompt_improver.domain.errors import (
    ImprovementNotFoundError,
    PromptImproverError,
)
from prompt_improver.domain.history_filter import HistoryFilter
from prompt_improver.domain.prompt_history import PromptHistory
from prompt_improver.mcp.dependencies import Dependencies

logger = logging.getLogger(__name__)

MOST_STARRED = 100
_LONGEST_NAME = 40
_SHORT_ID = 8
_VARIABLE = r"\{\{\s*([^{}\n]{1,80}?)\s*\}\}"


async def find_starred(dependencies: Dependencies) -> tuple[PromptHistory, ...]:
    """The newest ones; none where the history cannot be read, or agents have none."""
    if not dependencies.has_history:
        return ()
    try:
        async with dependencies.to_read() as repository:
            page = await repository.find_page(MOST_STARRED, wanted=HistoryFilter(starred=True))
    except PromptImproverError as error:
        logger.log(error.kind.log_level, "No starred prompts: %s: %s", error.code, error)
        return ()
    return page.items


async def starred_by_name(dependencies: Dependencies, name: str) -> PromptHistory:
    """Raises ImprovementNotFoundError where no starred prompt has this name."""
    for each in await find_starred(dependencies):
        if name_of(each) == name:
            return each
    raise ImprovementNotFoundError("no starred prompt has this name")


def name_of(history: PromptHistory) -> str:
    """Words of the idea, as far as they are Latin, and the beginning of the id: the same as long
    as there is the prompt."""
    folded = unicodedata.normalize("NFKD", history.original_idea[:200]).encode("ascii", "ignore")
    words = re.findall(r"[a-z0-9]+", folded.decode().lower())
    name = "-".join(words)[:_LONGEST_NAME].strip("-")
    return f"{name or 'prompt'}-{history.prompt_id[:_SHORT_ID]}"


def title_of(history: PromptHistory) -> str:
    """The idea, on one line."""
    line = " ".join(history.original_idea[:200].split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def variables(text: str) -> tuple[str, ...]:
    """The names in ``text`` that stand as {{name}}, each once, in their order."""
    return tuple(dict.fromkeys(re.findall(_VARIABLE, text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """``text`` with ``values`` in the place of its variables, all at once; a variable without a
    value stays."""
    return re.sub(_VARIABLE, lambda found: values.get(found[1], found[0]), text)
