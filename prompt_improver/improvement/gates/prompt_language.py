"""The gate on the language: a prompt is written in the language of its idea."""

from prompt_improver.improvement.gates.comparison import GateFailure, Rewrite, failure
from prompt_improver.improvement.language import could_be, detect_language, possible_languages

_ENOUGH_TO_TELL = 400  # characters of a section

_LANGUAGE_NAMES = {
    "en": "English",
    "es": "Spanish",
    "pt": "Portuguese",
    "fr": "French",
    "de": "German",
    "it": "Italian",
    "ru": "Russian",
    "el": "Greek",
    "ar": "Arabic",
    "he": "Hebrew",
    "zh": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
    "uk": "Ukrainian",
    "be": "Belarusian",
    "sr": "Serbian",
    "fa": "Persian",
    "ur": "Urdu",
    "hi": "Hindi",
    "bn": "Bengali",
    "pa": "Punjabi",
    "gu": "Gujarati",
    "ta": "Tamil",
    "te": "Telugu",
    "kn": "Kannada",
    "ml": "Malayalam",
    "si": "Sinhala",
    "th": "Thai",
    "lo": "Lao",
    "my": "Burmese",
    "km": "Khmer",
    "ka": "Georgian",
    "hy": "Armenian",
    "am": "Amharic",
}


def language(rewrite: Rewrite) -> GateFailure | None:
    """Fails where the directive, the guardrails, or role and output format are in another
    language than the idea. What is too short or too mixed to tell passes; of an idea that may
    be in one of two languages the prompt may be in either."""
    wanted = detect_language(rewrite.idea)
    languages = (wanted,) if wanted else possible_languages(rewrite.idea)
    if not languages:
        return None
    prompt = rewrite.prompt
    for section in (
        prompt.directive,
        "\n".join(prompt.guardrails),
        f"{prompt.role}\n{prompt.output_format}",
    ):
        found = detect_language(rewrite.without_given(section)[:_ENOUGH_TO_TELL])
        if found not in (None, *languages) and not could_be(rewrite.idea, found or ""):
            names = " or ".join(_LANGUAGE_NAMES[code] for code in languages)
            return failure("language", [f"Write every part in {names}, the language of the idea."])
    return None
