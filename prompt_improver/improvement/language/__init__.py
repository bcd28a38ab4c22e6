"""Which language a text is in, and the words by which it is told.

Detection, its word lists, and what the forms of a word have in common. Nothing here knows of
prompts or gates.
"""

from prompt_improver.improvement.language.detection import (
    could_be,
    detect_language,
    possible_languages,
)
from prompt_improver.improvement.language.word_stems import stems_of
from prompt_improver.improvement.language.words import WORDS

__all__ = ["WORDS", "could_be", "detect_language", "possible_languages", "stems_of"]
