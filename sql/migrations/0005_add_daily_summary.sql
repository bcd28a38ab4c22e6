-- 0005: a summary per day and backend, from which statistics are read at once, whatever the
-- number of rows. Triggers keep it, so a row that is added, changed or deleted by hand leaves
-- it right. The views of 0003 keep their columns and read it as well.
--
-- The program applies this file at its start, after it has made a copy of the database. By
-- hand, with such a copy (scripts/backup_db.sh makes one):
--   sqlite3 data/prompt_history.db < sql/migrations/0005_add_daily_summary.sql
-- Where it says "database is locked" nothing was changed: run it again.
--
.bail on

BEGIN IMMEDIATE;

CREATE TEMP TABLE migration_guard (
    version INTEGER NOT NULL,
    CONSTRAINT "0005 runs only on schema version 4: run each file once, in order; PRAGMA user_version is the last that ran"
        CHECK (version = 4)
);
INSERT INTO migration_guard (version)
SELECT user_version
FROM pragma_user_version;
DROP TABLE temp.migration_guard;

-- rated and timed: the rows that have a confidence and a latency. Sums are whole numbers, so
-- that adding a row and taking it away again leaves exactly what was: confidences in
-- billionths, latencies in microseconds. A row counts as a day, a thousand million tokens and
-- as many model calls at the most: without a bound one absurd row would overflow the sum, and
-- every save of its day would fail.
CREATE TABLE daily_summary (
    day TEXT NOT NULL,
    backend TEXT NOT NULL,
    improvements INTEGER NOT NULL,
    rated INTEGER NOT NULL,
    confidence_billionths INTEGER NOT NULL,
    timed INTEGER NOT NULL,
    latency_microseconds INTEGER NOT NULL,
    model_calls INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    PRIMARY KEY (day, backend)
) STRICT, WITHOUT ROWID;

-- What the summary must hold, from the rows themselves: to fill it, and to check it.
CREATE VIEW daily_summary_from_rows AS
SELECT
    substr(timestamp, 1, 10) AS day,
    backend,
    COUNT(*) AS improvements,
    COUNT(confidence) AS rated,
    coalesce(SUM(CAST(round(confidence * 1e9) AS INTEGER)), 0) AS confidence_billionths,
    COUNT(latency_ms) AS timed,
    coalesce(SUM(CAST(round(min(latency_ms, 86400000) * 1e3) AS INTEGER)), 0) AS latency_microseconds,
    coalesce(SUM(min(model_calls, 1000000000)), 0) AS model_calls,
    coalesce(SUM(min(input_tokens, 1000000000)), 0) AS input_tokens,
    coalesce(SUM(min(output_tokens, 1000000000)), 0) AS output_tokens
FROM prompt_history
GROUP BY substr(timestamp, 1, 10), backend;

INSERT INTO daily_summary (
    day, backend, improvements, rated, confidence_billionths, timed, latency_microseconds,
    model_calls, input_tokens, output_tokens
)
SELECT
    day, backend, improvements, rated, confidence_billionths, timed, latency_microseconds,
    model_calls, input_tokens, output_tokens
FROM daily_summary_from_rows;

CREATE TRIGGER daily_summary_insert
AFTER INSERT ON prompt_history
BEGIN
    INSERT INTO daily_summary (
        day, backend, improvements, rated, confidence_billionths, timed, latency_microseconds,
        model_calls, input_tokens, output_tokens
    )
    VALUES (
        substr(new.timestamp, 1, 10),
        new.backend,
        1,
        new.confidence IS NOT NULL,
        coalesce(CAST(round(new.confidence * 1e9) AS INTEGER), 0),
        new.latency_ms IS NOT NULL,
        coalesce(CAST(round(min(new.latency_ms, 86400000) * 1e3) AS INTEGER), 0),
        coalesce(min(new.model_calls, 1000000000), 0),
        coalesce(min(new.input_tokens, 1000000000), 0),
        coalesce(min(new.output_tokens, 1000000000), 0)
    )
    ON CONFLICT (day, backend) DO UPDATE SET
        improvements = improvements + excluded.improvements,
        rated = rated + excluded.rated,
        confidence_billionths = confidence_billionths + excluded.confidence_billionths,
        timed = timed + excluded.timed,
        latency_microseconds = latency_microseconds + excluded.latency_microseconds,
        model_calls = model_calls + excluded.model_calls,
        input_tokens = input_tokens + excluded.input_tokens,
        output_tokens = output_tokens + excluded.output_tokens;
END;

CREATE TRIGGER daily_summary_delete
AFTER DELETE ON prompt_history
BEGIN
    UPDATE daily_summary
    SET
        improvements = improvements - 1,
        rated = rated - (old.confidence IS NOT NULL),
        confidence_billionths =
            confidence_billionths - coalesce(CAST(round(old.confidence * 1e9) AS INTEGER), 0),
        timed = timed - (old.latency_ms IS NOT NULL),
        latency_microseconds = latency_microseconds
            - coalesce(CAST(round(min(old.latency_ms, 86400000) * 1e3) AS INTEGER), 0),
        model_calls = model_calls - coalesce(min(old.model_calls, 1000000000), 0),
        input_tokens = input_tokens - coalesce(min(old.input_tokens, 1000000000), 0),
        output_tokens = output_tokens - coalesce(min(old.output_tokens, 1000000000), 0)
    WHERE day = substr(old.timestamp, 1, 10)
        AND backend = old.backend;
    DELETE FROM daily_summary
    WHERE day = substr(old.timestamp, 1, 10)
        AND backend = old.backend
        AND improvements = 0;
END;

-- As if the old row were deleted and the new one added.
CREATE TRIGGER daily_summary_update
AFTER UPDATE OF
    timestamp, backend, confidence, latency_ms, model_calls, input_tokens, output_tokens
ON prompt_history
BEGIN
    UPDATE daily_summary
    SET
        improvements = improvements - 1,
        rated = rated - (old.confidence IS NOT NULL),
        confidence_billionths =
            confidence_billionths - coalesce(CAST(round(old.confidence * 1e9) AS INTEGER), 0),
        timed = timed - (old.latency_ms IS NOT NULL),
        latency_microseconds = latency_microseconds
            - coalesce(CAST(round(min(old.latency_ms, 86400000) * 1e3) AS INTEGER), 0),
        model_calls = model_calls - coalesce(min(old.model_calls, 1000000000), 0),
        input_tokens = input_tokens - coalesce(min(old.input_tokens, 1000000000), 0),
        output_tokens = output_tokens - coalesce(min(old.output_tokens, 1000000000), 0)
    WHERE day = substr(old.timestamp, 1, 10)
        AND backend = old.backend;
    INSERT INTO daily_summary (
        day, backend, improvements, rated, confidence_billionths, timed, latency_microseconds,
        model_calls, input_tokens, output_tokens
    )
    VALUES (
        substr(new.timestamp, 1, 10),
        new.backend,
        1,
        new.confidence IS NOT NULL,
        coalesce(CAST(round(new.confidence * 1e9) AS INTEGER), 0),
        new.latency_ms IS NOT NULL,
        coalesce(CAST(round(min(new.latency_ms, 86400000) * 1e3) AS INTEGER), 0),
        coalesce(min(new.model_calls, 1000000000), 0),
        coalesce(min(new.input_tokens, 1000000000), 0),
        coalesce(min(new.output_tokens, 1000000000), 0)
    )
    ON CONFLICT (day, backend) DO UPDATE SET
        improvements = improvements + excluded.improvements,
        rated = rated + excluded.rated,
        confidence_billionths = confidence_billionths + excluded.confidence_billionths,
        timed = timed + excluded.timed,
        latency_microseconds = latency_microseconds + excluded.latency_microseconds,
        model_calls = model_calls + excluded.model_calls,
        input_tokens = input_tokens + excluded.input_tokens,
        output_tokens = output_tokens + excluded.output_tokens;
    DELETE FROM daily_summary
    WHERE day = substr(old.timestamp, 1, 10)
        AND backend = old.backend
        AND improvements = 0;
END;

DROP VIEW daily_usage;

DROP VIEW backend_usage;

-- How much, day by day (UTC), and what did it cost? rated and timed are the rows that have a
-- confidence and a latency, so that the averages of several days can be joined.
CREATE VIEW daily_usage AS
SELECT
    day,
    SUM(improvements) AS improvements,
    SUM(rated) AS rated,
    TOTAL(confidence_billionths) / 1e9 / nullif(SUM(rated), 0) AS average_confidence,
    SUM(timed) AS timed,
    TOTAL(latency_microseconds) / 1e3 / nullif(SUM(timed), 0) AS average_latency_ms,
    SUM(model_calls) AS model_calls,
    SUM(input_tokens) AS input_tokens,
    SUM(output_tokens) AS output_tokens
FROM daily_summary
GROUP BY day
ORDER BY day DESC;

-- The same for each backend, over the whole history.
CREATE VIEW backend_usage AS
SELECT
    backend,
    SUM(improvements) AS improvements,
    SUM(rated) AS rated,
    TOTAL(confidence_billionths) / 1e9 / nullif(SUM(rated), 0) AS average_confidence,
    SUM(timed) AS timed,
    TOTAL(latency_microseconds) / 1e3 / nullif(SUM(timed), 0) AS average_latency_ms,
    SUM(model_calls) AS model_calls,
    SUM(input_tokens) AS input_tokens,
    SUM(output_tokens) AS output_tokens,
    (
        SELECT MIN(timestamp)
        FROM prompt_history
        WHERE prompt_history.backend = daily_summary.backend
    ) AS oldest,
    (
        SELECT MAX(timestamp)
        FROM prompt_history
        WHERE prompt_history.backend = daily_summary.backend
    ) AS newest
FROM daily_summary
GROUP BY backend
ORDER BY backend;

PRAGMA user_version = 5;

COMMIT;
