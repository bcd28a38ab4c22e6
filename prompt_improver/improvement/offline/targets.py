"""What a prompt is for, and what that changes: knowledge/targets.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from prompt_improver.domain.target import Target
from prompt_improver.improvement.offline.artefacts import Fact, facts_of, pattern
from prompt_improver.improvement.offline.grammar import FOLDER
from prompt_improver.improvement.offline.request import fold
from prompt_improver.improvement.reading import mask

_SHORT = 600  # characters of an idea whose paths are its own, and not those of a log
_READ = 2_000


@dataclass(frozen=True, slots=True)
class Targets:
    """Patterns are texts; sentences are by language."""

    auto: dict[str, str]
    agent: dict[str, Any]
    system: dict[str, Any]
    plain: dict[str, str]
    image: tuple[Fact, ...]
    image_lead: dict[str, str]
    avoid: dict[str, str]
    missing: dict[str, dict[str, dict[str, str]]]
    """Line and question for code and for text that is not there."""


@cache
def targets() -> Targets:
    """Read at the first call and then kept."""
    read = tomllib.loads((FOLDER / "targets.toml").read_text("utf-8"))
    media = read.pop("image_media")["pattern"]
    image = [one | {"told": one["told"].replace("{media}", media)} for one in read["image"]]
    return Targets(**read | {"image": facts_of(image)})


def choose_target(idea: str) -> Target:
    """What ``idea`` is for: agent where it works on files or a repository, image where it asks
    for a picture, else chat."""
    auto = targets().auto
    masked = mask(idea[:_READ])
    request = fold(masked.masked).strip()
    whole = fold(idea[:_READ]).strip()

    def says(name: str, text: str) -> bool:
        return pattern(auto[name]).search(text) is not None

    if says("image", request) and not says("not_image", request):
        return Target.IMAGE
    if pattern(auto["question"]).match(request):
        return Target.CHAT
    # What was pasted need not be looked up; `make verify` in back-ticks is not pasted.
    pasted = "</" in idea or any(
        m.kind in ("fence", "code", "log", "pasted", "signs") and idea[m.start] != "`"
        for m in masked.materials
    )
    short = len(idea) <= _SHORT and not pasted
    files = short and says("file_verbs", whole) and says("path", whole)
    return Target.AGENT if files or says("agent", whole[:_SHORT]) else Target.CHAT
