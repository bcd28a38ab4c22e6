-- What: deletes what is older than :days days, a whole number from 1 to 36500, oldest first;
-- imported rows count from their import.
-- Why: to make room, or to forget, before the program's own cleanup comes to it.
-- Cost: about a second for 10,000 rows, in which the server's saves wait: with many rows to
-- delete add -cmd ".parameter set :rows 100" and run it again until it says 0. At its end it
-- writes the search index anew, about 2 s for 100,000 rows that stay.
--   sqlite3 data/prompt_history.db -cmd ".parameter set :days 30" < sql/maintenance/delete_old.sql
-- Without :days nothing is deleted. The program runs the same UPDATE and DELETE, some rows at a
-- time.
.bail on
.timeout 5000

-- Overwrite what is deleted: prompts are private, and SQLite would leave them in the file.
PRAGMA secure_delete = ON;

BEGIN IMMEDIATE;

-- That alone is not enough: while rows are deleted SQLite moves their neighbours together, and
-- leaves copies of these behind in the pages. So rows are overwritten where they stand, byte
-- for byte, before any row near them goes: hence twice as many as are deleted at a time.
UPDATE prompt_history
SET
    original_idea = printf('%-*s', length(CAST(original_idea AS BLOB)), 'x'),
    context = printf('%*s', length(CAST(context AS BLOB)), ''),
    improved_prompt = printf('%-*s', length(CAST(improved_prompt AS BLOB)), 'x'),
    role = printf('%*s', length(CAST(role AS BLOB)), ''),
    directive = printf('%*s', length(CAST(directive AS BLOB)), ''),
    guardrails = '[' || printf('%*s', length(CAST(guardrails AS BLOB)) - 2, '') || ']',
    reasoning = CASE
        WHEN reasoning IS NOT NULL
        THEN printf('%*s', length(CAST(reasoning AS BLOB)), '')
    END,
    output_format = CASE
        WHEN output_format IS NOT NULL
        THEN printf('%*s', length(CAST(output_format AS BLOB)), '')
    END,
    details = '{' || printf('%*s', length(CAST(details AS BLOB)) - 2, '') || '}'
WHERE id IN (
    SELECT id
    FROM prompt_history
    WHERE typeof(:days) = 'integer'
        AND :days BETWEEN 1 AND 36500
        AND max(timestamp, coalesce(imported_at, ''))
            < strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || :days || ' days')
    ORDER BY max(timestamp, coalesce(imported_at, '')), id
    LIMIT 2 * coalesce(:rows, -1)
)
AND rtrim(improved_prompt) <> 'x';

-- The rows that were set aside by a migration, with the same care.
UPDATE spoiled_rows
SET
    original_idea = zeroblob(length(CAST(original_idea AS BLOB))),
    context = zeroblob(length(CAST(context AS BLOB))),
    improved_prompt = zeroblob(length(CAST(improved_prompt AS BLOB))),
    role = zeroblob(length(CAST(role AS BLOB))),
    directive = zeroblob(length(CAST(directive AS BLOB))),
    framework = zeroblob(length(CAST(framework AS BLOB))),
    guardrails = zeroblob(length(CAST(guardrails AS BLOB))),
    backend = zeroblob(length(CAST(backend AS BLOB))),
    reasoning = zeroblob(length(CAST(reasoning AS BLOB)))
WHERE typeof(:days) = 'integer'
    AND :days BETWEEN 1 AND 36500
    AND kept_since < strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || :days || ' days');

DELETE FROM spoiled_rows
WHERE typeof(:days) = 'integer'
    AND :days BETWEEN 1 AND 36500
    AND kept_since < strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || :days || ' days');

DELETE FROM prompt_history
WHERE id IN (
    SELECT id
    FROM prompt_history
    WHERE typeof(:days) = 'integer'
        AND :days BETWEEN 1 AND 36500
        AND max(timestamp, coalesce(imported_at, ''))
            < strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || :days || ' days')
    ORDER BY max(timestamp, coalesce(imported_at, '')), id
    LIMIT coalesce(:rows, -1)
);

COMMIT;

SELECT changes() || ' rows deleted';

-- The words of deleted rows stay in the search index until its parts are merged into one. With
-- :rows this waits for the last run.
BEGIN IMMEDIATE;

INSERT INTO prompt_history_search (prompt_history_search)
SELECT 'optimize'
FROM search_leftovers
WHERE deleted_rows > 0
    AND (:rows IS NULL OR changes() < :rows);

UPDATE search_leftovers
SET deleted_rows = 0
WHERE changes() > 0;

COMMIT;

-- Hand the room back to the disk, and empty the write-ahead log: it holds copies of the rows.
PRAGMA incremental_vacuum;
PRAGMA wal_checkpoint(TRUNCATE);
