"""What a user may not do: a folder that is read-only, a file without any right."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.books import await_books, both_books, settled
from tests.faults.callers import post
from tests.faults.health_watch import HealthWatch
from tests.faults.history_copies import make_database
from tests.faults.kept_rows import assert_kept_once, in_database, spool_files
from tests.faults.powerless import powerless_command
from tests.server_process import ServerProcess

ROWS = 30


@contextmanager
def without_rights(path: Path, mode: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


@pytest.mark.parametrize(
    ("which", "mode"), [("folder", 0o500), ("file", 0o000)], ids=["read-only folder", "mode 000"]
)
def test_rows_wait_until_the_rights_are_given_back(tmp_path, which, mode):
    database_file = make_database(tmp_path / "data" / "prompt_history.db", rows=20)
    target = database_file if which == "file" else database_file.parent
    before = database_file.read_bytes()
    settings = {"BREAKER_MAX_FAILURES": "2", "BREAKER_COOLDOWN_S": "0.4"}
    with (
        without_rights(target, mode),
        ServerProcess(tmp_path, *powerless_command(), **settings) as server,
    ):
        with HealthWatch(server.url, f"no rights on the {which}"):
            told = post(server.url, ROWS)
            assert both_books(server.client).unsettled == ROWS
            assert database_file.stat().st_mode & 0o777 == (mode if which == "file" else 0o600)
            target.chmod(0o600 if which == "file" else 0o700)
            assert database_file.read_bytes() == before
            await_books(server, settled)
        found = both_books(server.client)
        assert (found.saved, found.dropped, found.rejected) == (ROWS, 0, 0)
        server.stop()
    assert_kept_once(database_file, told)
    assert in_database(database_file).total() == 20 + ROWS
    assert spool_files(database_file) == []
