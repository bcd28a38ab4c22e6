-- What: whether the daily summary and the search indexes still agree with the rows: how many days
-- of a backend differ, how many rows cannot be found, how many that are gone can, and how many
-- are found by another note or tag than theirs, or have tags and are gone (all 0).
-- Why: triggers keep all three. They do not run for INSERT OR REPLACE (or REPLACE) where a row gives
-- way, nor where another program turned them off: rebuild.sql mends what is wrong.
-- Cost: reads the whole file, about half a second for 100 MB. The server may run.
--   sqlite3 data/prompt_history.db < sql/maintenance/verify.sql
-- The program's `check` runs the same SELECT.
.bail on
.timeout 5000
.mode line

SELECT
    (
        SELECT COUNT(*)
        FROM (
            -- One that differs is there twice, as it is kept and as it should be.
            SELECT DISTINCT day, backend
            FROM (
                SELECT
                    day, backend, improvements, rated, confidence_billionths, timed,
                    latency_microseconds, model_calls, input_tokens, output_tokens
                FROM daily_summary
                UNION ALL
                SELECT
                    day, backend, improvements, rated, confidence_billionths, timed,
                    latency_microseconds, model_calls, input_tokens, output_tokens
                FROM daily_summary_from_rows
            )
            GROUP BY
                day, backend, improvements, rated, confidence_billionths, timed,
                latency_microseconds, model_calls, input_tokens, output_tokens
            HAVING COUNT(*) <> 2
        )
    ) AS wrong_days,
    (
        SELECT COUNT(*)
        FROM prompt_history
        WHERE id NOT IN (SELECT id FROM prompt_history_search_docsize)
    ) AS rows_not_found,
    (
        SELECT COUNT(*)
        FROM prompt_history_search_docsize
        WHERE id NOT IN (SELECT id FROM prompt_history)
    ) AS found_without_row,
    (
        SELECT COUNT(*)
        FROM (
            -- One that differs is there twice, or without its row or its entry.
            SELECT DISTINCT id
            FROM (
                SELECT rowid AS id, note, tags
                FROM note_search
                UNION ALL
                SELECT id, note, tags
                FROM notes_and_tags
            )
            GROUP BY id, note, tags
            HAVING COUNT(*) <> 2
        )
    ) + (
        SELECT COUNT(*)
        FROM prompt_tags
        WHERE history_id NOT IN (SELECT id FROM prompt_history)
    ) AS wrong_notes;
