"""The one connection of this process to its model: DSPy, warmed once, and our engine.

DSPy is imported at ``warm()``, in a thread. What it would keep of the user's text is off:
cache, history, trace. With an engine of ours it never imports LiteLLM, which would fetch a
price list.
"""

import asyncio
import contextlib
import logging
import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any
from urllib.parse import urlsplit

from prompt_improver.background_task import start_background_task
from prompt_improver.domain.errors import (
    ImproverError,
    ImproverLibraryError,
    ImproverReplyError,
    ImproverTimeoutError,
)
from prompt_improver.domain.target import Target
from prompt_improver.improvement.improver import Correction
from prompt_improver.improvement.model.engine import (
    MOST_CALLS,
    ModelEngine,
    ModelUse,
    measure_use,
)
from prompt_improver.improvement.model.errors import to_improver_error
from prompt_improver.improvement.model.language_model import LanguageModelChoice
from prompt_improver.improvement.model.program import (
    build_adapter,
    build_program,
    build_refine_program,
    written_as_json,
)
from prompt_improver.improvement.model.reply import STAYS, ReplyParts, parse_reply
from prompt_improver.improvement.model.target_instructions import TARGET_INSTRUCTIONS
from prompt_improver.improvement.revision import Revision
from prompt_improver.improvement.structured_prompt import StructuredPrompt

_Program = Callable[..., Awaitable[Any]]


class ModelConnection:
    """Calls the chosen model through DSPy. Both model backends share one.

    Args:
        choice: the model; not the offline one.
        sleep, uniform: the pause before the one retry, and its jitter.
    """

    def __init__(
        self,
        choice: LanguageModelChoice,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.choice = choice
        self._engine = ModelEngine(choice, sleep=sleep, uniform=uniform)
        self._program: _Program | None = None
        self._refine_program: _Program | None = None
        self._warming: asyncio.Task[None] | None = None
        self._overrides: dict[str, Any] = {}

    @property
    def ready(self) -> bool:
        """Whether DSPy is imported and a call goes straight to the model."""
        return self._program is not None

    async def warm(self) -> None:
        """Import DSPy in a thread. Callers at the same time wait for the same import, and
        one that gives up waiting does not end it for the others.

        Raises:
            ImproverLibraryError: DSPy is not installed, or not as it should be.
        """
        while not self.ready:
            if self._warming is None or self._warming.get_loop() is not asyncio.get_running_loop():
                self._warming = start_background_task(self._import_dspy(), "warming the model")
            try:
                await asyncio.shield(self._warming)
            except ImproverError:
                self._warming = None  # the next caller tries again
                raise

    async def ask(
        self,
        idea: str,
        context: str,
        language: str,
        demonstrations: list[dict[str, Any]],
        correction: Correction | None = None,
        target: Target = Target.CHAT,
        revision: Revision | None = None,
    ) -> tuple[ReplyParts, ModelUse]:
        """One answer of the model in parts, and what it took: a prompt for ``idea``, or what
        ``revision`` asks to change in one.

        Raises:
            ImproverError: no answer, or none with the parts; within ``timeout_s``.
        """
        inputs = {
            "idea": idea,
            "context": context,
            "language": language,
            "target": TARGET_INSTRUCTIONS[target],
            "correction": "\n".join(correction.broken) if correction else "",
            "refused": "",
        }
        refused = _parts_of(correction.refused) if correction and correction.refused else None
        stays = None
        if revision is not None:
            stays = _parts_of(revision.parent)
            inputs |= {"prompt": written_as_json(asdict(stays)), "feedback": revision.feedback}
        # Decoding that is held to the schema has all keys anyway, and small models write better
        # anew than they edit.
        if refused is not None and (revision is not None or not self.choice.constrained):
            inputs["refused"] = written_as_json(asdict(refused))
            stays = refused
        STAYS.set(stays)
        timeout_s = min(self.choice.timeout_s, correction.seconds_left if correction else math.inf)
        with measure_use(correction.calls_left if correction else MOST_CALLS) as use:
            try:
                async with asyncio.timeout(timeout_s):
                    return await self._ask(use, inputs, demonstrations), use
            except TimeoutError:
                failure: ImproverError = ImproverTimeoutError(f"no answer within {timeout_s:.3g} s")
            except ImproverError as error:
                failure = error
        failure.asked = _name_and_address(self.choice)
        failure.model_calls = use.calls
        failure.input_tokens, failure.output_tokens = use.input_tokens, use.output_tokens
        raise failure

    async def close(self) -> None:
        """Close what is open to the model, after the last call. Raises nothing."""
        warming = self._warming
        if warming is not None and warming.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([warming])
        await self._engine.aclose()

    async def _ask(
        self, use: ModelUse, inputs: dict[str, str], demonstrations: list[dict[str, Any]]
    ) -> ReplyParts:
        if not self.ready:
            await self.warm()
        import dspy

        assert self._program is not None
        assert self._refine_program is not None
        program = self._refine_program if "feedback" in inputs else self._program
        failure: ImproverError
        try:
            with dspy.context(**self._overrides):
                answer = await program(**inputs, demos=demonstrations)
        except dspy.DSPyError as error:
            failure = to_improver_error(error)
        except ImproverReplyError as error:
            failure = error
        else:
            parts = ReplyParts(
                role=answer.role,
                directive=answer.directive,
                framework=answer.framework,
                guardrails=answer.guardrails,
                output_format=answer.output_format,
                reasoning=answer.reasoning,
                confidence=answer.confidence,
                material=answer.material,
                assumptions=answer.assumptions,
                examples=answer.examples,
            )
            if not use.cut and not _only_repeats(parts, inputs):
                return parts
            failure = ImproverReplyError("the model's reply only repeats what it was given")
        if use.cut and isinstance(failure, ImproverReplyError):
            failure = ImproverReplyError("the model's reply was cut: LLM_MAX_TOKENS is too low")
        # Raised out here, the provider's words do not hang on it as its context.
        raise failure

    async def _import_dspy(self) -> None:
        try:
            overrides, program, refine_program = await asyncio.to_thread(self._build)
        except Exception as error:  # noqa: BLE001 whatever it is, the next caller tries again
            raise ImproverLibraryError(
                f"DSPy cannot be loaded ({type(error).__name__}): install dspy-ai again"
            ) from None
        self._overrides, self._refine_program = overrides, refine_program
        self._program = program

    def _build(self) -> "tuple[dict[str, Any], _Program, _Program]":
        import dspy

        # Before anything can read the cache: the first read would make a folder in the home.
        dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)
        # DSPy logs to the standard error stream by itself; the log is the application's.
        logger = logging.getLogger("dspy")
        logger.handlers.clear()
        logger.propagate = True
        overrides = {
            "lm": self._engine.build_lm(),
            "adapter": build_adapter(),
            "callbacks": [],
            "disable_history": True,
            "trace": None,
            "track_usage": False,
            "warn_on_type_mismatch": False,  # it would log the value
        }
        return overrides, build_program().acall, build_refine_program().acall


def _parts_of(prompt: StructuredPrompt) -> ReplyParts:
    return ReplyParts(**{f.name: getattr(prompt, f.name) for f in fields(ReplyParts)})


def _name_and_address(choice: LanguageModelChoice) -> str:
    """``openai-compatible/tiny at http://127.0.0.1:8080``. Without the path of the address,
    where some proxies are given their key; ``check_base_url`` lets no password into the rest."""
    if choice.base_url is None:
        return choice.model_version
    parts = urlsplit(choice.base_url)
    return f"{choice.model_version} at {parts.scheme}://{parts.netloc}"


def _only_repeats(parts: ReplyParts, inputs: dict[str, str]) -> bool:
    """Whether the parts are those of an object that stands in the idea or the context: the
    model has repeated it, and not written anything."""
    for given in (inputs["idea"], inputs["context"]):
        if "role" in given and "directive" in given:
            with contextlib.suppress(ImproverReplyError):
                if parse_reply(given) == parts:
                    return True
    return False
