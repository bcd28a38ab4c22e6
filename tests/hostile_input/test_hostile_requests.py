"""A million requests that nobody means well with, over real sockets."""

import sys

import pytest

from tests.hostile_input.campaign import campaign
from tests.hostile_input.hostile_requests import make_request

SEED = 20260504
QUICK_RUN = 2_400
"""And those of the warm-up."""
FULL_RUN = 1_000_000

needs_proc = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="reads /proc for memory and open files"
)


@needs_proc
def test_hostile_requests_leave_the_server_as_it_was(tmp_path):
    outcome = campaign(tmp_path, SEED, QUICK_RUN)
    assert not outcome.problems, outcome


@needs_proc
@pytest.mark.slow
def test_a_million_hostile_requests_leave_the_server_as_it_was(tmp_path):
    outcome = campaign(tmp_path, SEED + 1, FULL_RUN)
    print(outcome)  # noqa: T201 the figures are the point
    assert not outcome.problems, outcome


def test_a_seed_and_a_number_make_the_same_request_again():
    assert make_request(7, 11) == make_request(7, 11) != make_request(7, 12)
