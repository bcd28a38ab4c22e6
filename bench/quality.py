"""How good the answers of a backend are, over a file of ideas.

    python -m bench.quality IDEAS_FILE [--backend B] [--json FILE]

IDEAS_FILE holds JSON lines, each with ``idea`` and perhaps ``context``. The backend is set up
as the server's is, from the environment. What was lost is looked for by ``plain_checks``, not
by the gates that let the answer through.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bench.plain_checks import language_flipped, lost_pieces
from bench.token_ratio import ENCODING, demonstration_prompts, load_counter, token_ratio
from prompt_improver.domain.errors import ImproverError, SettingsError
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.improvement.improver import Improvement, Improver
from prompt_improver.improvement.offline import OfflineImprover
from prompt_improver.model_wiring import make_backends
from prompt_improver.settings import load_settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one idea."""

    idea: str
    improvement: Improvement | None
    """None where the model's server gave an error."""
    seconds: float


def read_ideas(path: Path) -> list[tuple[str, str]]:
    """Ideas and contexts. Raises ValueError or KeyError where a line holds no idea."""
    lines = path.read_text(encoding="utf-8").splitlines()
    read = [json.loads(line) for line in lines if line.strip()]
    return [(line["idea"], line.get("context", "")) for line in read]


async def improve_all(improver: Improver, ideas: Sequence[tuple[str, str]]) -> list[Outcome]:
    """One after the other: local models answer one at a time anyway."""
    outcomes = []
    await improver.warm()
    for idea, context in tqdm(ideas, unit="idea", disable=not sys.stderr.isatty()):
        started = time.perf_counter()
        improvement = None
        try:
            improvement = await improver.improve(idea, context)
        except ImproverError as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        outcomes.append(Outcome(idea, improvement, time.perf_counter() - started))
    return outcomes


def measure(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of the table. One that took two calls and was not kept as it is counts as
    corrected; a quick retry after a broken connection cannot be told from that."""
    found = [(one.idea, one.improvement) for one in outcomes if one.improvement is not None]
    kept = [one for _, one in found if one.kept_original]
    passed = [one for _, one in found if not one.kept_original]

    def losing(kind: str) -> int:
        return sum(bool(lost_pieces(idea, one.prompt.render(), kind)) for idea, one in found)

    def mean(numbers: Iterable[float | None]) -> float | None:
        known = [number for number in numbers if number is not None]
        return round(sum(known) / len(known), 4) if known else None

    return {
        "ideas": len(outcomes),
        "errors": len(outcomes) - len(found),
        "passed_at_first_call": sum(one.model_calls <= 1 for one in passed),
        "passed_after_correction": sum(one.model_calls > 1 for one in passed),
        "kept_original": len(kept),
        "gates_that_kept_it": dict(Counter(name for one in kept for name in one.warnings)),
        "answers_that_lose_a_placeholder": losing("placeholder"),
        "answers_that_lose_a_url": losing("url"),
        "answers_that_lose_a_number": losing("number"),
        "language_flips": sum(
            language_flipped(idea, "\n".join((one.prompt.directive, *one.prompt.guardrails)))
            for idea, one in found
        ),
        "calls_an_idea": mean(one.model_calls for _, one in found),
        "input_tokens_an_idea": mean(one.input_tokens for _, one in found),
        "output_tokens_an_idea": mean(one.output_tokens for _, one in found),
        "seconds_an_idea": mean(one.seconds for one in outcomes),
        "prompt_characters_per_idea_character": round(
            sum(len(one.prompt.render()) for _, one in found)
            / max(sum(len(idea) for idea, _ in found), 1),
            2,
        ),
    }


async def measure_tokens(ideas: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The token ratio over the shipped examples and over the offline prompts of ``ideas``."""
    count = load_counter()
    offline = OfflineImprover()
    prompts = [(await offline.improve(idea, context)).prompt for idea, context in ideas]
    return {
        "tokenizer": ENCODING,
        "demonstrations": token_ratio(demonstration_prompts(), count),
        "offline_prompts": token_ratio((replace(one, context="") for one in prompts), count),
    }


async def run(ideas: Sequence[tuple[str, str]], backend: str) -> dict[str, Any]:
    """All figures for ``backend`` (``auto`` takes the default one).

    Raises:
        SettingsError, ImproverError: there is no such backend.
    """
    backends = await make_backends(load_settings())
    chosen = backends.default if backend == "auto" else BackendType(backend)
    improver = backends.get(chosen)
    try:
        outcomes = await improve_all(improver, ideas)
    finally:
        await improver.close()
    return {
        "backend": improver.backend.value,
        "model": improver.model_version,
        **measure(outcomes),
        "output_token_ratio": await measure_tokens(ideas),
    }


def table(figures: dict[str, Any], indent: str = "") -> str:
    """A line each, names as words, figures in one column."""
    lines = []
    for name, value in figures.items():
        words = indent + name.replace("_", " ")
        if isinstance(value, dict) and value:
            lines += [words, table(value, indent + "  ")]
        else:
            lines.append(f"{words:<42}{'-' if value in (None, {}) else value}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0, or 1 where a file or a setting is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("ideas", type=Path, metavar="IDEAS_FILE")
    parser.add_argument("--backend", choices=["auto", *BackendType], default="auto")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    given = parser.parse_args(arguments)
    try:
        ideas = read_ideas(given.ideas)
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"{given.ideas} cannot be read as ideas: {error!r}\n")
        return 1
    try:
        figures = asyncio.run(run(ideas, given.backend))
    except (SettingsError, ImproverError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(table(figures) + "\n")
    if given.json is not None:
        given.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
