"""Taking apart what a user typed: what is material and what is request, and which form the
request states for its answer. Nothing here knows of prompts or gates."""

from prompt_improver.improvement.reading.form import FORMATS, Form, form_of
from prompt_improver.improvement.reading.material import MASK, MaskedText, Material, mask

__all__ = ["FORMATS", "MASK", "Form", "MaskedText", "Material", "form_of", "mask"]
