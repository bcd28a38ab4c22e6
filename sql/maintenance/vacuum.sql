-- What: writes the search indexes and then the whole file anew, from the rows that there are:
-- without free room, and without remains of deleted text.
-- Why: to be sure that nothing of a deleted text is left (a single DELETE leaves some in rare
-- cases), after a very large deletion, or for a database that was made without auto_vacuum.
-- The program's `vacuum` runs the same statements, and looks first whether there is room.
-- Cost: as much free disk as twice the database; saves wait until it is done, about 6 s for
-- 100 MB. Where it is busy this gives up after 5 s and changes nothing. SQLITE_TMPDIR: what
-- SQLite puts aside meanwhile holds prompts, and stays in the database's folder.
--   SQLITE_TMPDIR=data sqlite3 data/prompt_history.db < sql/maintenance/vacuum.sql
.bail on
.timeout 5000

PRAGMA secure_delete = ON;

BEGIN IMMEDIATE;

INSERT INTO prompt_history_search (prompt_history_search)
VALUES ('rebuild');

INSERT INTO note_search (note_search)
VALUES ('rebuild');

UPDATE search_leftovers
SET deleted_rows = 0;

COMMIT;

PRAGMA auto_vacuum = INCREMENTAL;

VACUUM;

-- What was written anew stands in the write-ahead log until it is emptied.
PRAGMA wal_checkpoint(TRUNCATE);

SELECT (page_count * page_size) || ' bytes'
FROM pragma_page_count, pragma_page_size;
