"""What a kept prompt is to be changed to."""

from dataclasses import dataclass

from prompt_improver.improvement.structured_prompt import StructuredPrompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A prompt and what its user asks to change in it. Every improver that gets one answers with
    the changed prompt."""

    parent: StructuredPrompt
    feedback: str
    """As it was typed, with what the user says to questions; not blank."""
    before: str = ""
    """The feedback that ``parent`` was made by."""
    settled: tuple[str, ...] = ()
    """Defaults of questions that are answered now: what assumes them no longer holds."""
