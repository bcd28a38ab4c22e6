-- What: writes the whole file anew, without free room and without remains of deleted text.
-- Why: for a database that was made without auto_vacuum, or after a very large deletion. The
-- program's cleanup hands room back by itself.
-- Cost: as much free disk as twice the database; saves wait until it is done, about a second
-- for 100 MB: with a large history stop the server first. Where it is busy this gives up
-- after 5 s and changes nothing.
--   sqlite3 data/prompt_history.db < sql/maintenance/vacuum.sql
.bail on
.timeout 5000

PRAGMA secure_delete = ON;
PRAGMA auto_vacuum = INCREMENTAL;

VACUUM;

-- What was written anew stands in the write-ahead log until it is emptied.
PRAGMA wal_checkpoint(TRUNCATE);

SELECT (page_count * page_size) || ' bytes'
FROM pragma_page_count, pragma_page_size;
