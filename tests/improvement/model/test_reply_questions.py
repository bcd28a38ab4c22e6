"""Questions that a model writes: what can be asked is kept, the rest left out."""

import json

import pytest

from prompt_improver.domain.question import Question
from prompt_improver.improvement.model.reply import parse_reply
from prompt_improver.improvement.model.reply_questions import read_questions
from tests.model_server import PARTS

WHOLE = {
    "id": "size",
    "text": "How large?",
    "why": "It decides the cost.",
    "default": "The chair is small.",
    "options": ["Small", "Large"],
}
READ = Question(
    id="size",
    text="How large?",
    why="It decides the cost.",
    default="The chair is small.",
    options=("Small", "Large"),
)


def test_a_whole_question_is_read_as_it_is() -> None:
    assert parse_reply(json.dumps(PARTS | {"questions": [WHOLE]})).questions == (READ,)


def test_a_reply_without_questions_has_none() -> None:
    assert parse_reply(json.dumps(PARTS)).questions == ()


def test_at_most_three_are_kept_and_no_id_twice() -> None:
    many = [WHOLE | {"id": name} for name in ("a", "b", "a", "c", "d")]
    assert [question.id for question in read_questions(many)] == ["a", "b", "c"]


def test_an_id_is_one_word_and_a_missing_one_is_made_of_the_text() -> None:
    named = [WHOLE | {"id": "The Size!"}, {"text": "Which colour?"}, {"id": "é", "text": "Which?"}]
    found = read_questions(named)
    assert [question.id for question in found] == ["the_size", "which_colour", "question"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        "How large?",
        {"text": "How large?"},
        ["How large?"],
        [{"id": "size"}],
        [WHOLE | {"text": " "}],
        [WHOLE | {"text": "x" * 301}],
        [WHOLE | {"text": "How \0 large?"}],
        [WHOLE | {"options": ["\ud800"]}],
    ],
)
def test_what_cannot_be_asked_is_left_out(value: object) -> None:
    assert read_questions(value) == ()


def test_what_was_refused_keeps_its_questions_where_the_correction_does_not_change_them() -> None:
    refused = parse_reply(json.dumps(PARTS | {"questions": [WHOLE]}))
    assert parse_reply('{"role": "You are a carpenter."}', refused).questions == (READ,)
