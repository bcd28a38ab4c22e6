"""The one table of what each warning of an answer says, by its code."""

from types import MappingProxyType


def _kept_original(fault: str) -> str:
    """The sentence for a gate: ``fault`` is what the rewrite did."""
    return f"The rewrite {fault}: your own words were kept."


WARNINGS = MappingProxyType(
    {
        "vague": "The idea is vague: the prompt first asks for what is missing.",
        "already_good": "The idea is already a good prompt: it is returned unchanged.",
        # Offline, or as a gate.
        "language": "The prompt is not, or was not, in the language of the idea.",
        "model_unavailable": "The model did not answer: the offline backend made this prompt.",
        "length": "The prompt is more than three times as long as the model was asked for.",
        # The gates, with kept_original
        "reply": _kept_original("could not be read as a prompt"),
        "placeholders": _kept_original("lost or invented a placeholder"),
        "verbatim": _kept_original("lost or changed a number, a quotation or an address"),
        "names": _kept_original("lost or changed a name"),
        "tasks": _kept_original("lost a task"),
        "swapped": _kept_original("swapped two values"),
        "limits": _kept_original("lost a limit or a ban of the idea"),
        "contradiction": _kept_original("contradicted itself"),
        "answered": _kept_original("did the task instead of asking for it"),
        "unfilled": _kept_original("left a blank to fill in"),
        "leak": _kept_original("contained our own instructions"),
        "repetition": _kept_original("repeated itself"),
    }
)
"""By code. Codes are part of the API: they stay as they are. The sentences are fixed."""


def tell_warning(code: str) -> str:
    """Sentence and code, for a terminal; of a code that is not in the table, the code."""
    return f"{WARNINGS[code]} ({code})" if code in WARNINGS else code


def describe_warnings() -> str:
    """The table in one paragraph, for the API's document."""
    return " ".join(f"{code}: {sentence}" for code, sentence in WARNINGS.items())
