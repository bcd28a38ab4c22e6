-- 0003: views for the questions that people ask by hand. Their names and columns stay as they
-- are in later versions, which may add columns at the end; the table itself may change.
--
-- The program applies this file at its start, after it has made a copy of the database. By
-- hand, with such a copy (scripts/backup_db.sh makes one):
--   sqlite3 data/prompt_history.db < sql/migrations/0003_add_usage_views.sql
-- Where it says "database is locked" nothing was changed: run it again.
--
.bail on

BEGIN IMMEDIATE;

CREATE TEMP TABLE migration_guard (
    version INTEGER NOT NULL,
    CONSTRAINT "0003 runs only on schema version 2: run each file once, in order; PRAGMA user_version is the last that ran"
        CHECK (version = 2)
);
INSERT INTO migration_guard (version)
SELECT user_version
FROM pragma_user_version;
DROP TABLE temp.migration_guard;

-- What was improved lately? One line each, newest first; add a LIMIT.
CREATE VIEW recent_improvements AS
SELECT
    id,
    timestamp,
    backend,
    substr(trim(replace(replace(original_idea, char(13), ''), char(10), ' ')), 1, 80) AS idea,
    confidence,
    latency_ms,
    model_version,
    model_calls,
    input_tokens,
    output_tokens,
    prompt_id
FROM prompt_history
ORDER BY timestamp DESC, id DESC;

-- How much, day by day (UTC), and what did it cost? rated and timed are the rows that have a
-- confidence and a latency, so that the averages of several days can be joined.
CREATE VIEW daily_usage AS
SELECT
    substr(timestamp, 1, 10) AS day,
    COUNT(*) AS improvements,
    COUNT(confidence) AS rated,
    AVG(confidence) AS average_confidence,
    COUNT(latency_ms) AS timed,
    AVG(latency_ms) AS average_latency_ms,
    CAST(TOTAL(model_calls) AS INTEGER) AS model_calls,
    CAST(TOTAL(input_tokens) AS INTEGER) AS input_tokens,
    CAST(TOTAL(output_tokens) AS INTEGER) AS output_tokens
FROM prompt_history
GROUP BY substr(timestamp, 1, 10)
ORDER BY substr(timestamp, 1, 10) DESC;

-- The same for each backend, over the whole history.
CREATE VIEW backend_usage AS
SELECT
    backend,
    COUNT(*) AS improvements,
    COUNT(confidence) AS rated,
    AVG(confidence) AS average_confidence,
    COUNT(latency_ms) AS timed,
    AVG(latency_ms) AS average_latency_ms,
    CAST(TOTAL(model_calls) AS INTEGER) AS model_calls,
    CAST(TOTAL(input_tokens) AS INTEGER) AS input_tokens,
    CAST(TOTAL(output_tokens) AS INTEGER) AS output_tokens,
    MIN(timestamp) AS oldest,
    MAX(timestamp) AS newest
FROM prompt_history
GROUP BY backend
ORDER BY backend;

PRAGMA user_version = 3;

COMMIT;
