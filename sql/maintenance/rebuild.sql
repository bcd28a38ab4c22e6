-- What: makes the daily summary and the search indexes anew from the rows. Tags of rows that
-- are gone go too.
-- Why: where verify.sql or the program's `check` says that they do not agree with the rows.
-- Cost: about 7 s for 100,000 rows, in which the server's saves wait; room on the disk for a
-- second index, a sixth of the database.
--   sqlite3 data/prompt_history.db < sql/maintenance/rebuild.sql
.bail on
.timeout 5000

-- Overwrite what the index loses: it may hold words of rows that were deleted.
PRAGMA secure_delete = ON;

BEGIN IMMEDIATE;

DELETE FROM daily_summary;

INSERT INTO daily_summary (
    day, backend, improvements, rated, confidence_billionths, timed, latency_microseconds,
    model_calls, input_tokens, output_tokens
)
SELECT
    day, backend, improvements, rated, confidence_billionths, timed, latency_microseconds,
    model_calls, input_tokens, output_tokens
FROM daily_summary_from_rows;

INSERT INTO prompt_history_search (prompt_history_search)
VALUES ('rebuild');

UPDATE search_leftovers
SET deleted_rows = 0;

DELETE FROM prompt_tags
WHERE history_id NOT IN (SELECT id FROM prompt_history);

DELETE FROM note_search;

INSERT INTO note_search (rowid, note, tags)
SELECT id, note, tags
FROM notes_and_tags;

INSERT INTO note_search (note_search)
VALUES ('rebuild');

COMMIT;

PRAGMA incremental_vacuum;
PRAGMA wal_checkpoint(TRUNCATE);

SELECT improvements || ' improvements summed up and indexed'
FROM (
    SELECT coalesce(SUM(improvements), 0) AS improvements
    FROM daily_summary
);
