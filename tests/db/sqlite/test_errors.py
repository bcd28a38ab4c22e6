"""SQLite's errors as the domain's, with real databases."""

import sqlite3
from pathlib import Path

import pytest

from db.sqlite.database import Database
from db.sqlite.repository import SQLitePromptRepository
from db.sqlite.sql_files import SQL_FOLDER
from prompt_improver.domain.errors import RepositoryConnectionError
from prompt_improver.domain.history_filter import HistoryFilter
from tests.histories import make_history
from tests.sqlite_files import cli, needs_cli

pytestmark = pytest.mark.anyio


@needs_cli
async def test_a_damaged_search_index_names_its_mend_and_does_not_turn_the_history_off(
    tmp_path: Path,
) -> None:
    path = tmp_path / "history.db"
    repository = SQLitePromptRepository(Database(path))
    await repository.open()
    await repository.save(make_history())
    await repository.close()
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE prompt_history_search_data SET block = x'00ff00ff' WHERE id > 10"
        )
    connection.close()
    await repository.open()
    with pytest.raises(RepositoryConnectionError, match=r"rebuild\.sql"):
        await repository.find_page(wanted=HistoryFilter(text="REST"))
    await repository.close()
    cli(path, (SQL_FOLDER / "maintenance" / "rebuild.sql").read_text())
    await repository.open()
    assert len((await repository.find_page(wanted=HistoryFilter(text="REST"))).items) == 1
    await repository.close()
