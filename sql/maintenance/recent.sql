-- What: the newest improvements, a line each, newest first; 10 of them, or :limit.
-- Why: to see that the history is being kept, and to find the id of one.
-- Cost: a few milliseconds, whatever the size; it reads along an index. The server may run.
--   sqlite3 data/prompt_history.db < sql/maintenance/recent.sql
--   sqlite3 data/prompt_history.db -cmd ".parameter set :limit 50" < sql/maintenance/recent.sql
.bail on
.timeout 5000
.mode column
.headers on

SELECT
    id,
    substr(timestamp, 1, 19) AS time_utc,
    backend,
    idea
FROM recent_improvements
LIMIT coalesce(:limit, 10);
