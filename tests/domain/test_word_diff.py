"""Two texts beside each other."""

import random
import time
from itertools import pairwise

import pytest

from prompt_improver.domain.word_diff import diff_words


def parts(before, after):
    return [(each.op, each.text) for each in diff_words(before, after)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("", "new"),
        ("old", ""),
        ("a b  c\n\nd\te\r\n", "a  b c\nd e\n"),
        ("función ñ 你好,世界 😀", "función n 你好。世界 😀😀"),
        ("one\ntwo\nthree", "zero\none\nthree\nfour"),
    ],
)
def test_what_is_kept_and_removed_or_added_makes_the_two_texts(before, after):
    found = parts(before, after)
    assert "".join(text for op, text in found if op != "add") == before
    assert "".join(text for op, text in found if op != "remove") == after
    assert all(text for _, text in found)
    assert all(one[0] != other[0] for one, other in pairwise(found))


def test_a_changed_word_is_all_that_changes():
    assert parts("Keep 120 words.\nEnd", "Keep 90 words.\nEnd") == [
        ("keep", "Keep "),
        ("remove", "120"),
        ("add", "90"),
        ("keep", " words.\nEnd"),
    ]


@pytest.mark.parametrize("piece", ["a ", "a\n", "word another\n", "\n"])
def test_the_longest_texts_are_compared_in_bounded_time(piece):
    chance = random.Random(7)
    before = (piece * 100_000)[:100_000]
    after = "".join(
        chance.choice((each, "x")) if chance.random() < 0.1 else each for each in before
    )
    began = time.process_time()
    found = parts(before, after)
    assert "".join(text for op, text in found if op != "add") == before
    assert time.process_time() - began < 10, "a bound that catches what grows with the square"


def test_words_that_are_neither_rare_nor_common_are_compared_in_bounded_time_too():
    # Each of 150 words in a hundred places: the worst that there is for the comparison.
    chance = random.Random(8)
    words = [f"w{number}" for number in range(150)]
    before, after = (" ".join(chance.choices(words, k=20_000)) for _ in range(2))
    began = time.process_time()
    found = parts(before, after)
    assert "".join(text for op, text in found if op != "remove") == after
    assert time.process_time() - began < 10, "a bound that catches what grows with the cube"
