-- What: deletes what is older than :days days, a whole number from 1 to 36500, oldest first.
-- Why: to make room, or to forget, before the program's own cleanup comes to it.
-- Cost: about a second for 10,000 rows, in which the server's saves wait: with many rows to
-- delete add -cmd ".parameter set :rows 500" and run it again until it says 0.
--   sqlite3 data/prompt_history.db -cmd ".parameter set :days 30" < sql/maintenance/delete_old.sql
-- Without :days nothing is deleted. The program runs the same DELETE, some rows at a time.
.bail on
.timeout 5000

-- Overwrite what is deleted: prompts are private, and SQLite would leave them in the file.
PRAGMA secure_delete = ON;

DELETE FROM prompt_history
WHERE id IN (
    SELECT id
    FROM prompt_history
    WHERE typeof(:days) = 'integer'
        AND :days BETWEEN 1 AND 36500
        AND timestamp < strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || :days || ' days')
    ORDER BY timestamp, id
    LIMIT coalesce(:rows, -1)
);

SELECT changes() || ' rows deleted';

-- Hand the room back to the disk, and empty the write-ahead log: it holds copies of the rows.
PRAGMA incremental_vacuum;
PRAGMA wal_checkpoint(TRUNCATE);
