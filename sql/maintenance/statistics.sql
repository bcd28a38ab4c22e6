-- What: figures over the whole history, in one row. Rows without a confidence or a latency are
-- left out of its average; an average over no rows is empty.
-- Why: what the program's `stats` says, without the program.
-- Cost: none that can be felt, whatever the size: it reads a summary that is kept day by day, and indexes
-- of what is starred and rated.
-- The server may run.
--   sqlite3 data/prompt_history.db < sql/maintenance/statistics.sql
-- The program runs the same SELECT.
.bail on
.timeout 5000
.mode line

SELECT
    coalesce(SUM(improvements), 0) AS total_count,
    TOTAL(confidence_billionths) / 1e9 / nullif(SUM(rated), 0) AS average_confidence,
    TOTAL(latency_microseconds) / 1e3 / nullif(SUM(timed), 0) AS average_latency_ms,
    (
        SELECT json_group_object(backend, row_count)
        FROM (
            SELECT backend, SUM(improvements) AS row_count
            FROM daily_summary
            GROUP BY backend
        )
    ) AS backend_distribution,
    (
        SELECT COUNT(*)
        FROM prompt_history INDEXED BY prompt_history_by_starred
        WHERE starred = 1
    ) AS starred,
    (
        SELECT COUNT(*)
        FROM prompt_history
        WHERE rating = 1
    ) AS rated_good,
    (
        SELECT COUNT(*)
        FROM prompt_history
        WHERE rating = -1
    ) AS rated_bad
FROM daily_summary;
