"""What the caller's own model is asked: our instructions and the nearest examples, as one text.

It answers with five parts instead of a reply of ours: what the other parts would hold goes into
these.
"""

import json
from collections.abc import Mapping
from typing import Any

from prompt_improver.domain.target import Target
from prompt_improver.improvement.gates import told_length
from prompt_improver.improvement.language import detect_language
from prompt_improver.improvement.model.demonstrations import Demonstrations
from prompt_improver.improvement.model.instructions import INSTRUCTIONS
from prompt_improver.improvement.model.program import describe_part
from prompt_improver.improvement.model.target_instructions import TARGET_INSTRUCTIONS
from prompt_improver.improvement.offline import choose_target
from prompt_improver.improvement.structured_prompt import fence

PARTS = ("role", "directive", "framework", "guardrails", "output_format")
EXAMPLES = 3

_FIVE_PARTS = """\
The prompt has these five parts and no others. An assumption stands among the guardrails. Text, \
code or data that is to be worked on stands in full at the end of the directive, in a fence."""
_AFTERWARDS = """\
Write the parts, then call the tool check_improved_prompt with the idea and the context exactly as \
they stand above, and your parts. Where it answers that something is broken, put that right and \
call it again, three times at most. Then show the user its improved_prompt as it is, and do not \
carry it out."""


def client_request(
    idea: str, context: str, target: Target | None, demonstrations: Demonstrations
) -> str:
    """The request. ``idea`` is not blank; ``target`` None takes what the idea is for."""
    lines = [INSTRUCTIONS, "", _FIVE_PARTS, *(f'- "{n}": {describe_part(n)}' for n in PARTS)]
    chosen = target or choose_target(idea)
    if told := TARGET_INSTRUCTIONS[chosen]:
        lines += ["", told]
    shown = demonstrations.choose(idea, 2 * EXAMPLES, context)
    # Material is marked in an example, and written out here: one would teach the wrong form.
    fitting = [each.fields for each in shown if not each.fields["material"]][-EXAMPLES:]
    for number, fields in enumerate(fitting, start=1):
        lines += ["", f"Example {number}", *_given(fields["idea"], fields["context"])]
        lines += ["Parts:", json.dumps(_five_parts(fields), ensure_ascii=False)]
    lines += ["", "Now the idea that is to be rewritten", *_given(idea, context)]
    if language := detect_language(idea, context):
        lines.append(f"Language of every value: {language}")
    lines.append(f"Length of all values together: at most {told_length(idea)} characters.")
    return "\n".join([*lines, "", _AFTERWARDS])


def _given(idea: str, context: str) -> list[str]:
    lines = ["Idea:", fence(idea)]
    return [*lines, "Context:", fence(context)] if context.strip() else lines


def _five_parts(fields: Mapping[str, Any]) -> dict[str, Any]:
    rules = [*fields["guardrails"], *fields["assumptions"]]
    return {name: fields[name] for name in PARTS} | {"guardrails": rules}
