-- What: deletes what is older than :days days, a whole number from 1 to 36500, oldest first;
-- imported rows count from their import. What somebody has starred, rated, tagged, noted or
-- edited stays, and what that was refined from.
-- Why: to make room, or to forget, before the program's own cleanup comes to it.
-- Cost: about a second for 10,000 rows, in which the server's saves wait: with many rows to
-- delete add -cmd ".parameter set :rows 100" and run it again until it says 0. At its end it
-- writes the search index anew, about 2 s for 100,000 rows that stay.
--   sqlite3 data/prompt_history.db -cmd ".parameter set :days 30" < sql/maintenance/delete_old.sql
-- Without :days nothing is deleted. The program runs the same statements, some rows at a time.
-- Interrupted, it has deleted nothing; with :rows, what the runs before have deleted.
.bail on
.timeout 5000

-- Overwrite what is deleted: prompts are private, and SQLite would leave them in the file.
PRAGMA secure_delete = ON;

BEGIN IMMEDIATE;

-- That alone is not enough: while rows are deleted SQLite moves their neighbours together, and
-- leaves copies of these behind in the pages; with :rows some of the neighbours are deleted by
-- the next run. So these rows, as many as fill three pages, are kept aside: none of their text
-- stands in the table while their neighbours go.
CREATE TEMP TABLE rows_kept_aside AS
SELECT
    id, original_idea, context, improved_prompt, role, directive, guardrails, reasoning,
    output_format, details, instruction
FROM (
    SELECT
        *,
        SUM(CASE WHEN bytes > 4000 THEN 489 ELSE bytes END) OVER (
            ORDER BY max(timestamp, coalesce(imported_at, '')), id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS bytes_before
    FROM (
        SELECT
            *,
            length(CAST(
                original_idea || context || improved_prompt || role || directive || guardrails
                || coalesce(reasoning, '') || coalesce(output_format, '') || details
                || coalesce(instruction, '') || prompt_id || timestamp AS BLOB
            )) AS bytes
        FROM prompt_history
        WHERE id IN (
            SELECT id
            FROM expendable_rows
            WHERE typeof(:days) = 'integer'
                AND :days BETWEEN 1 AND 36500
                AND kept_since < strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || :days || ' days')
            ORDER BY kept_since, id
            LIMIT CASE WHEN :rows IS NULL THEN 0 ELSE 100 END OFFSET coalesce(:rows, 0)
        )
    )
)
WHERE coalesce(bytes_before, 0) < 3 * 4096;

-- Overwritten where they stand, byte for byte, before any row near them goes.
UPDATE prompt_history AS overwritten
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
    details = '{' || printf('%*s', length(CAST(details AS BLOB)) - 2, '') || '}',
    instruction = CASE
        WHEN instruction IS NOT NULL
        THEN printf('%-*s', length(CAST(instruction AS BLOB)), 'x')
    END
WHERE id IN (
    SELECT id
    FROM expendable_rows
    WHERE typeof(:days) = 'integer'
        AND :days BETWEEN 1 AND 36500
        AND kept_since < strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || :days || ' days')
    ORDER BY kept_since, id
    LIMIT coalesce(:rows + (SELECT COUNT(*) FROM rows_kept_aside), -1)
);

DELETE FROM prompt_history
WHERE id IN (
    SELECT id
    FROM expendable_rows
    WHERE typeof(:days) = 'integer'
        AND :days BETWEEN 1 AND 36500
        AND kept_since < strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || :days || ' days')
    ORDER BY kept_since, id
    LIMIT coalesce(:rows, -1)
);

CREATE TEMP TABLE deletion AS
SELECT changes() AS deleted_rows;

-- Before anybody can see it, the rows that stay have their text again.
UPDATE prompt_history AS restored
SET
    original_idea = kept.original_idea,
    context = kept.context,
    improved_prompt = kept.improved_prompt,
    role = kept.role,
    directive = kept.directive,
    guardrails = kept.guardrails,
    reasoning = kept.reasoning,
    output_format = kept.output_format,
    details = kept.details,
    instruction = kept.instruction
FROM rows_kept_aside AS kept
WHERE restored.id = kept.id;

DROP TABLE rows_kept_aside;

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

COMMIT;

SELECT deleted_rows || ' rows deleted'
FROM deletion;

-- The words of deleted rows stay in the search index until its parts are merged into one. With
-- :rows this waits for the last run.
BEGIN IMMEDIATE;

INSERT INTO prompt_history_search (prompt_history_search)
SELECT 'optimize'
FROM search_leftovers
WHERE search_leftovers.deleted_rows > 0
    AND (:rows IS NULL OR (SELECT deletion.deleted_rows FROM deletion) < :rows);

UPDATE search_leftovers
SET deleted_rows = 0
WHERE changes() > 0;

INSERT INTO note_search (note_search)
VALUES ('optimize');

DROP TABLE deletion;

COMMIT;

-- Hand the room back to the disk, and empty the write-ahead log: it holds copies of the rows.
PRAGMA incremental_vacuum;
PRAGMA wal_checkpoint(TRUNCATE);
