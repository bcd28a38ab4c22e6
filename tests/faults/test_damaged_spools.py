"""Somebody cuts the spool short while the server keeps rows in it."""

import os

from tests.faults.books import await_books, both_books, settled
from tests.faults.callers import post
from tests.faults.health_watch import HealthWatch
from tests.faults.kept_rows import assert_kept_once, in_spools, spool_files
from tests.server_process import ServerProcess

ROWS = 20


def test_a_spool_that_is_cut_short_costs_no_row_that_comes_after_and_the_rest_is_counted(tmp_path):
    settings = {"BREAKER_MAX_FAILURES": "1", "BREAKER_COOLDOWN_S": "0.4"}
    with ServerProcess(tmp_path, **settings) as server:
        with HealthWatch(server.url, "a spool cut short"):
            post(server.url, 1)
            await_books(server, settled)
            away = server.database_file.rename(tmp_path / "away.db")
            server.database_file.mkdir()
            post(server.url, ROWS)
            await_books(server, lambda found: found.spooled == ROWS)
            (spool,) = spool_files(server.database_file)
            os.truncate(spool, spool.stat().st_size // 2 + 7)
            whole = in_spools(server.database_file).total()
            told = post(server.url, ROWS)
            await_books(server, lambda found: found.spooled == 2 * ROWS)
            server.database_file.rmdir()
            away.rename(server.database_file)
            await_books(server, settled)
        found = both_books(server.client)
        assert (found.saved, found.dropped) == (1 + whole + ROWS, 0)
        assert found.rejected == ROWS - whole > 0
        server.stop()
    assert_kept_once(server.database_file, told)
    assert spool_files(server.database_file) == []
    assert list(spool.parent.glob(f"{spool.name}.refused-*"))
