"""Where the .sql files lie, and one statement out of a file that operators run too."""

from functools import cache
from pathlib import Path

_PACKAGED = Path(__file__).resolve().parents[1] / "sql"
SQL_FOLDER = _PACKAGED if _PACKAGED.is_dir() else _PACKAGED.parents[1] / "sql"
"""In a checkout ``sql/`` stands at the top, where operators look for it; a wheel carries the same
folder inside ``db``."""


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
