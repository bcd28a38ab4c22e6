"""What all tests share."""

import pytest

pytest.register_assert_rewrite(
    "tests.contract.prompt_repository_contract",
    "tests.faults.books",
    "tests.faults.health_watch",
    "tests.faults.kept_rows",
)


@pytest.fixture
def anyio_backend() -> str:
    """The server runs on asyncio, so the async tests do."""
    return "asyncio"
