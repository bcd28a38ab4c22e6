"""Where the .sql files lie, and one statement out of a file that operators run too."""

from functools import cache
from pathlib import Path

SQL_FOLDER = Path(__file__).resolve().parents[2] / "sql"


@cache
def load_statement(name: str, keyword: str) -> str:
    """The one statement of ``sql/<name>`` that begins with ``keyword``.

    The file is written for the sqlite3 command line: dot commands, comments on lines of
    their own and the statements around it are left out.

    Raises:
        ValueError: not exactly one statement begins with it.
    """
    lines = (SQL_FOLDER / name).read_text(encoding="utf-8").splitlines()
    sql = "\n".join(line for line in lines if not line.startswith((".", "--")))
    found = [part.strip() for part in sql.split(";") if part.strip().startswith(keyword)]
    if len(found) != 1:
        raise ValueError(f"{name} must hold one {keyword} statement, holds {len(found)}")
    return found[0]
