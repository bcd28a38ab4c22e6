"""What the model is asked: DSPy's typed signature, and the messages made from it.

DSPy is imported inside the functions: whoever imports this module does not pay for it.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

from prompt_improver.improvement.gates import told_length
from prompt_improver.improvement.model.instructions import INSTRUCTIONS, REFINE_INSTRUCTIONS
from prompt_improver.improvement.model.reply import (
    FIELDS,
    FREE_KEYS,
    OPTIONAL_KEYS,
    REQUIRED_KEYS,
    STAYS,
    parse_reply,
)
from prompt_improver.improvement.structured_prompt import fence

_OUTPUTS: dict[str, tuple[Any, str]] = {
    "role": (str, "One line: whose knowledge and tone the task needs, such as 'You are ...'."),
    "directive": (
        str,
        "The whole task in the imperative: what to do, with what, for whom, and to what end; "
        "everything that the idea asks, in its own terms.",
    ),
    "framework": (
        Literal["", "chain-of-thought", "tree-of-thoughts", "decomposition", "role-playing"],
        "Empty unless a method makes the result better: most tasks need none, and a model that "
        "thinks by itself never does. Else chain-of-thought to work step by step, "
        "tree-of-thoughts to compare several ways, decomposition for a task of many parts, "
        "role-playing for a voice or a conversation.",
    ),
    "guardrails": (
        list[str],
        "A list of rules for the result: first those of the user, then at most 4 of yours that "
        "are specific to this task; none is fine. At most 7 in all, one sentence each, so that a "
        "reader can tell whether it was kept.",
    ),
    "output_format": (
        str,
        "What the answer looks like: its parts in order, their form, and length where the idea "
        "sets one. Empty where the idea leaves nothing to say.",
    ),
    "confidence": (
        float | None,
        "A number from 0 to 1: how sure you are of having understood the idea.",
    ),
    "material": (
        str,
        "Optional. The first words of the text, code or data in the idea that is to be worked "
        "on, exactly as they stand there. Leave it out where the idea holds none.",
    ),
    "assumptions": (
        list[str],
        "Optional. What you took for granted that neither idea nor context says, one sentence "
        "each. Leave it out where there is nothing.",
    ),
    "examples": (
        str,
        "Optional. One short example of the output, only where its form could be misread.",
    ),
    "questions": (
        list[dict[str, Any]],
        "Optional. At most 3 facts that decide how this is done and that neither idea nor context "
        'tells, the most important first, each an object with "id" (one word), "text" (the '
        'question to the user), "why", "default" (what the prompt assumes until then, and says '
        'so under "assumptions") and "options" (usual answers). Leave it out where nothing '
        "decides.",
    ),
}


def describe_part(name: str) -> str:
    """What the model is told of this part of a prompt."""
    return _OUTPUTS[name][1]


_REASONING = "One or two sentences: what the idea is after, and what it leaves open."


def written_as_json(parts: Mapping[str, Any]) -> str:
    """A reply with these parts, as the model is to write it: optional ones only where they say
    something."""
    kept = {name: parts[name] for name in FIELDS if name in REQUIRED_KEYS or parts.get(name)}
    return json.dumps(kept, ensure_ascii=False)


_INPUTS = {
    "idea": "What the user typed.",
    "context": "What the user added to it; may be empty.",
    "language": "Language of the idea, ISO 639-1.",
    "target": "What the prompt is for; empty for a chat.",
    "correction": "What a first attempt broke; empty at first.",
    "refused": "That attempt as JSON; empty to begin anew.",
}
_REFINE_INPUTS = {
    **_INPUTS,
    "prompt": "The prompt as JSON.",
    "feedback": "How the prompt has to change.",
}


def build_program() -> Any:
    """The ChainOfThought over the signature that makes a prompt. The improved text is not an
    output: the model writes each sentence once, and the text is rendered from the parts."""
    return _program("ImprovePrompt", INSTRUCTIONS, _INPUTS)


def build_refine_program() -> Any:
    """The same for a prompt that is to be changed."""
    return _program("RefinePrompt", REFINE_INSTRUCTIONS, _REFINE_INPUTS)


def _program(name: str, instructions: str, inputs: Mapping[str, str]) -> Any:
    import dspy

    fields: dict[str, Any] = {
        each: (str, dspy.InputField(desc=description)) for each, description in inputs.items()
    }
    for each, (kind, description) in _OUTPUTS.items():
        fields[each] = (kind, dspy.OutputField(desc=description))
    signature = dspy.Signature(fields, instructions, name)
    return dspy.ChainOfThought(signature, rationale_field=dspy.OutputField(desc=_REASONING))


_CHANGED_KEYS = (
    "Answer with one JSON object that has only the keys whose values change. What you leave out "
    "stays as it is."
)


def _revision_lines(inputs: Mapping[str, str]) -> list[str]:
    return [
        "Prompt:",
        fence(inputs["prompt"]),
        "Feedback:",
        fence(inputs["feedback"]),
    ]


def build_adapter() -> Any:
    """Asks for one JSON object, and reads the reply in one place: ``parse_reply``.

    The adapters of DSPy mark fields with text that may stand in an idea, and call the model
    a second time when a reply does not fit them.
    """
    import dspy

    class ReplyAdapter(dspy.Adapter):  # type: ignore[misc]
        def format_system_message(self, signature: Any) -> str:
            keys = [
                f'- "{name}": {field.json_schema_extra["desc"]}'
                for name, field in signature.output_fields.items()
            ]
            changes = "feedback" in signature.input_fields
            lead = (
                "The keys of a prompt:"
                if changes
                else "Answer with one JSON object with these keys:"
            )
            return "\n".join([signature.instructions, "", lead, *keys])

        def format_user_message_content(
            self,
            signature: Any,
            inputs: dict[str, Any],
            prefix: str = "",
            suffix: str = "",
            main_request: bool = False,
        ) -> str:
            # A fence that nothing in the text can close, so that no text can end early.
            lines = ["Idea:", fence(inputs["idea"])]
            if inputs["context"].strip():
                lines += ["Context:", fence(inputs["context"])]
            if inputs["language"]:
                lines.append(f"Language of every value: {inputs['language']}")
            if inputs.get("target"):
                lines.append(inputs["target"])
            if inputs.get("feedback"):
                lines += _revision_lines(inputs)
            most = told_length(inputs["idea"])
            if main_request and not inputs.get("feedback"):
                lines.append(f"Length of all values together: at most {most} characters.")
            if inputs.get("refused"):
                lines += [
                    "This first attempt was refused:",
                    fence(inputs["refused"]),
                    "Put right:",
                    fence(inputs["correction"]),
                    _CHANGED_KEYS,
                ]
                return "\n".join(lines)
            if inputs.get("correction"):
                lines += [
                    "A first attempt at this was refused. Write all parts anew, and put right:",
                    fence(inputs["correction"]),
                ]
            if inputs.get("feedback"):
                lines.append(_CHANGED_KEYS)
            elif main_request:
                lines.append(
                    f"Answer with the JSON object alone. Its keys: {', '.join(REQUIRED_KEYS)}; "
                    f"where needed {', '.join((*OPTIONAL_KEYS, *FREE_KEYS))}."
                )
            return "\n".join(lines)

        def format_assistant_message_content(
            self,
            signature: Any,
            outputs: dict[str, Any],
            missing_field_message: str | None = None,
        ) -> str:
            return written_as_json(outputs)

        def parse(self, signature: Any, completion: str) -> dict[str, Any]:
            parts = parse_reply(completion, STAYS.get())
            return {name: getattr(parts, name) for name in FIELDS}

    return ReplyAdapter()
