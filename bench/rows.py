"""Improvements as people have them, made up from a seed: the same on every machine.

Words follow Zipf's law (the commonest is twice as common as the next), sentences are taken
from a pool, and one idea in three holds a name or number that no other has.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from uuid import UUID

from prompt_improver.domain.prompt_history import BackendType, PromptHistory

WORDS = 20_000
SENTENCES = 20_000
SENTENCES_A_PROMPT = 17
"""With ten words each, about 1,100 characters: what the backends write."""

_SYLLABLES = (
    "a ac al an ar as ba be bi bo ca ce co con da de di do e en er es fa fi for ga ge in ir ja "
    "la le li lo ma me mi mo na ne ni no on or pa per pi po pre pro qua ra re ri ro sa se si so "
    "sta sub ta te ti tion to tra tri tu u un ur va ve vi vo"
).split()
_FRAMEWORKS = ("chain-of-thought", "tree-of-thoughts", "decomposition", "role-playing")
_MODELS = {
    BackendType.ZERO_SHOT: "openai/gpt-5-mini",
    BackendType.FEW_SHOT: "anthropic/claude-haiku-4-5",
    BackendType.OFFLINE: "offline-1",
}


@cache
def vocabulary() -> tuple[str, ...]:
    """WORDS different words, the commonest first and shorter than the rest."""
    source = random.Random("vocabulary")
    words: dict[str, None] = {}
    while len(words) < WORDS:
        syllables = source.choice((1, 2, 2) if len(words) < 200 else (2, 3, 3, 4))
        words["".join(source.choices(_SYLLABLES, k=syllables))] = None
    return tuple(words)


@cache
def _sentences() -> tuple[str, ...]:
    source = random.Random("sentences")
    words = vocabulary()
    weights = list(accumulate(1 / (rank + 2) for rank in range(len(words))))
    return tuple(
        " ".join(source.choices(words, cum_weights=weights, k=source.randint(6, 14))).capitalize()
        + "."
        for _ in range(SENTENCES)
    )


class RowMaker:
    """Improvements without end. Two with the same ``seed`` make the same ones."""

    def __init__(self, seed: str) -> None:
        self._source = random.Random(seed)
        self._sentences = _sentences()

    def make(self, moment: datetime) -> PromptHistory:
        """The next one, made at ``moment``."""
        source = self._source
        said = source.choices(self._sentences, k=SENTENCES_A_PROMPT + 2)
        idea = said[0] if source.random() < 0.5 else f"{said[0]} {said[1]}"
        if source.random() < 1 / 3:
            idea = f"{idea[:185]} {source.getrandbits(40):x}"
        idea = f"{idea[:200]:.<20}"
        context = said[1] if source.random() < 0.5 else ""
        backend = source.choices(tuple(_MODELS), weights=(3, 6, 1))[0]
        offline = backend is BackendType.OFFLINE
        improved = said[2:]
        improved[1] = idea
        return PromptHistory(
            prompt_id=str(UUID(int=source.getrandbits(128), version=4)),
            timestamp=moment,
            original_idea=idea,
            context=context,
            improved_prompt="\n".join(improved),
            role=improved[0],
            directive=" ".join(improved[1:4]),
            framework=source.choice(_FRAMEWORKS),
            guardrails=tuple(improved[4:9]),
            backend=backend,
            confidence=None if offline else round(source.uniform(0.5, 1.0), 2),
            reasoning=None if offline else said[0],
            latency_ms=round(source.uniform(1, 5) if offline else source.uniform(800, 9000), 1),
            model_version=_MODELS[backend],
            input_tokens=None if offline else source.randint(400, 2_500),
            output_tokens=None if offline else source.randint(150, 600),
            model_calls=0 if offline else 1,
        )

    def make_many(self, count: int, moment: datetime) -> list[PromptHistory]:
        """``count`` of them, all made at ``moment``."""
        return [self.make(moment) for _ in range(count)]

    def spread(self, count: int, start: datetime, end: datetime) -> Iterator[PromptHistory]:
        """``count`` of them, one after the other from ``start`` to ``end``."""
        step = (end - start) / max(count, 1)
        for position in range(count):
            yield self.make(start + timedelta(seconds=step.total_seconds() * position))
