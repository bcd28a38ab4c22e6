"""What the answers to our questions are called where they are folded into an idea."""

from prompt_improver.improvement.language import detect_language
from prompt_improver.improvement.offline.knowledge import knowledge


def answer_labels(idea: str) -> dict[str, str]:
    """Labels by id of the question, in the language of ``idea``; empty where it has none. Material
    needs no label."""
    return knowledge().labels.get(detect_language(idea) or "", {})
