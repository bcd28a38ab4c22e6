"""Where a guardrail comes from: the idea, its context, or nobody but the backend."""

from dataclasses import replace

from prompt_improver.improvement.gates.bans import keeps_ban
from prompt_improver.improvement.gates.numbers import find_numbers
from prompt_improver.improvement.gates.user_limits import limits_of_request
from prompt_improver.improvement.language import detect_language, stems_of
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.reading import mask
from prompt_improver.improvement.structured_prompt import GuardrailSource, StructuredPrompt

_WORD = lazy_pattern(r"\w+(?:[+#]+)?")
_SHORTEST = 4  # characters of a word that says something
_SHARE = 0.5
_SMALL = frozenset("0123")


def source_of(guardrail: str, idea: str, context: str) -> GuardrailSource:
    """``idea`` where at least half of what the guardrail says stands there, or it keeps a number
    or a ban from there; else ``context`` where the same holds for it; else ``assumed``."""
    wanted = _stems(guardrail)
    for text, source in ((idea, GuardrailSource.IDEA), (context, GuardrailSource.CONTEXT)):
        if text.strip() and (
            _share(wanted, _stems(text)) >= _SHARE
            or _has_number_of(text, guardrail)
            or _keeps_ban_of(text, guardrail)
        ):
            return source
    return GuardrailSource.ASSUMED


def _has_number_of(text: str, guardrail: str) -> bool:
    """Whether all figures of ``guardrail`` stand in ``text``, and one is no small one."""
    if not any(map(str.isdigit, guardrail)):
        return False
    figures = [number.own for number in find_numbers(guardrail)]
    there = {form for number in find_numbers(text) for form in number.own}
    told = any(not own <= _SMALL for own in figures)
    return told and all(not own.isdisjoint(there) for own in figures)


def _keeps_ban_of(text: str, guardrail: str) -> bool:
    masked = mask(text)
    language = detect_language(text)
    bans = [limit for limit in limits_of_request(masked, language) if limit.kind == "not"]
    return bool(bans) and keeps_ban(guardrail, bans, language or "")


def sources_of(guardrails: tuple[str, ...], idea: str, context: str) -> tuple[GuardrailSource, ...]:
    """The source of each, in their order."""
    return tuple(source_of(guardrail, idea, context) for guardrail in guardrails)


def with_sources(prompt: StructuredPrompt, idea: str, context: str) -> StructuredPrompt:
    """``prompt`` with a source for each of its rules, the user's first; as it is where somebody
    has said already."""
    if not prompt.guardrails or prompt.guardrail_sources:
        return prompt
    sources = sources_of(prompt.guardrails, idea, context)
    return users_rules_first(replace(prompt, guardrail_sources=sources))


def users_rules_first(prompt: StructuredPrompt) -> StructuredPrompt:
    """The same rules, those that are assumed last, as the prompt shows them."""
    pairs = sorted(
        zip(prompt.guardrails, prompt.guardrail_sources, strict=True),
        key=lambda pair: pair[1] is GuardrailSource.ASSUMED,
    )
    return replace(
        prompt,
        guardrails=tuple(rule for rule, _ in pairs),
        guardrail_sources=tuple(source for _, source in pairs),
    )


def _share(wanted: list[frozenset[str]], there: list[frozenset[str]]) -> float:
    if not wanted:
        return 0.0
    known = frozenset().union(*there)
    return sum(1 for stems in wanted if not stems.isdisjoint(known)) / len(wanted)


def _stems(text: str) -> list[frozenset[str]]:
    words = _WORD.findall(text.lower())
    return [
        frozenset(stems_of(word)) for word in words if len(word) >= _SHORTEST or word[0].isdigit()
    ]
