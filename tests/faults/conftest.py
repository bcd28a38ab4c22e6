"""What the fault tests share."""

import pytest

pytest.register_assert_rewrite(
    "tests.faults.books", "tests.faults.health_watch", "tests.faults.kept_rows"
)
