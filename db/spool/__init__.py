"""The spool: rows that the database cannot take, as lines of a file beside it."""
