"""The one table of errors."""

import logging

import pytest

from prompt_improver.domain import errors
from prompt_improver.domain.error_table import ERRORS
from prompt_improver.domain.errors import ImproverError, PromptImproverError

OURS = [
    each
    for each in vars(errors).values()
    if isinstance(each, type) and each.__module__ == errors.__name__
]
OF_THE_MODEL = [each for each in OURS if issubclass(each, ImproverError)]
MENDS = ("LLM_", "_API_KEY", "requirements.txt", "Try again")


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_error_stands_in_the_table(kind):
    assert issubclass(kind, PromptImproverError)
    assert kind.code in ERRORS


@pytest.mark.parametrize("code", ERRORS)
def test_every_entry_has_a_sentence_a_status_an_exit_code_and_a_level(code):
    kind = ERRORS[code]
    assert 400 <= kind.status < 600
    assert kind.exit_code in (1, 2)
    assert logging.getLevelName(kind.log_level) in ("DEBUG", "INFO", "WARNING", "ERROR")
    assert kind.sentence
    assert "Error" not in kind.sentence


@pytest.mark.parametrize("kind", OF_THE_MODEL, ids=lambda kind: kind.__name__)
def test_what_is_told_of_a_model_names_the_setting_or_what_else_to_do(kind):
    assert any(mend in ERRORS[kind.code].sentence for mend in MENDS)


def test_a_terminal_is_told_which_model_was_asked_and_not_the_cause():
    error = errors.ImproverRefusedError("LMAuthError (HTTP 401)")
    error.asked = "openai/gpt-test"
    assert error.for_terminal() == f"{ERRORS['model_key_refused'].sentence} (openai/gpt-test)"
