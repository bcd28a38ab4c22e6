"""What a person types into a search, made a query of the full-text index.

The index keeps no positions, so it knows no phrases: a query must name the very words that
the index would make of the text. SQLite itself is asked for these; its idea of a letter and
Python's differ.
"""

import json
import sqlite3

from prompt_improver.domain.prompt_repository import MAX_SEARCH_WORDS

# In memory, of this connection alone. tokenize must be that of prompt_history_search.
_TYPED = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.typed USING fts5 "
    "(words, content = '', tokenize = 'unicode61 remove_diacritics 2')",
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.typed_words USING fts5vocab ('temp', 'typed', "
    "'instance')",
)
_FORGET_TYPED = "INSERT INTO temp.typed (typed) VALUES ('delete-all')"


def to_match(connection: sqlite3.Connection, text: str) -> str | None:
    """The MATCH expression for rows that hold every word of ``text``, the last of which may
    be the beginning of one; None where it has no word."""
    for sql in _TYPED:
        connection.execute(sql)
    try:
        connection.execute("INSERT INTO temp.typed (rowid, words) VALUES (1, ?)", (text,))
        words = [
            row["term"]
            for row in connection.execute(
                "SELECT term FROM temp.typed_words ORDER BY offset LIMIT ?", (MAX_SEARCH_WORDS + 1,)
            )
        ]
    finally:
        connection.execute(_FORGET_TYPED)
    if not words:
        return None
    # Quoted, whatever a bare word means to FTS5 now or later. The words hold no quotes.
    quoted = [f'"{word}"' for word in words[:MAX_SEARCH_WORDS]]
    return " ".join(quoted) + ("*" if len(words) <= MAX_SEARCH_WORDS else "")


def find_matching_ids(
    connection: sqlite3.Connection, match: str, *, below: int, limit: int
) -> list[int]:
    """The largest ids under ``below`` of rows that match in their texts, or in note and tags,
    largest first. Read backwards along the two indexes: what a common word costs does not grow
    with the history."""
    found: set[int] = set()
    for index in ("prompt_history_search", "note_search"):
        rows = connection.execute(
            f"""
            SELECT rowid
            FROM {index}
            WHERE {index} MATCH :match
                AND rowid < :below
            ORDER BY rowid DESC
            LIMIT :limit
            """,  # noqa: S608  # nosec B608
            {"match": match, "below": below, "limit": limit},
        )
        found.update(row[0] for row in rows)
    return sorted(found, reverse=True)[:limit]


def find_tagged_ids(
    connection: sqlite3.Connection, tag: str, *, below: int, limit: int
) -> list[int]:
    """The largest ids under ``below`` of rows with this tag, largest first."""
    rows = connection.execute(
        """
        SELECT history_id
        FROM prompt_tags
        WHERE tag = :tag
            AND history_id < :below
        ORDER BY history_id DESC
        LIMIT :limit
        """,
        {"tag": tag, "below": below, "limit": limit},
    )
    return [row[0] for row in rows]


def keep_tagged_ids(connection: sqlite3.Connection, tag: str, ids: list[int]) -> list[int]:
    """Those of ``ids`` whose rows have this tag."""
    rows = connection.execute(
        """
        SELECT history_id
        FROM prompt_tags
        WHERE tag = :tag
            AND history_id IN (SELECT value FROM json_each(:ids))
        """,
        {"tag": tag, "ids": json.dumps(ids)},
    )
    return [row[0] for row in rows]
