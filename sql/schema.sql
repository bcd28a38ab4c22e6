-- The whole schema of today: what all of migrations/ make together, for reading and for
-- making a database by hand, on a new file:
--   (umask 077; sqlite3 data/prompt_history.db < sql/schema.sql)
-- The program does not read this file; a test holds it equal to the migrations.
--
.bail on

-- Works only before the first table is made, and not inside a transaction: it lets
-- maintenance/delete_old.sql hand the room of deleted rows back to the disk.
PRAGMA auto_vacuum = INCREMENTAL;

BEGIN IMMEDIATE;

CREATE TEMP TABLE migration_guard (
    version INTEGER NOT NULL,
    CONSTRAINT "schema.sql runs only on schema version 0, a new file: migrations/ changes an older one"
        CHECK (version = 0)
);
INSERT INTO migration_guard (version)
SELECT user_version
FROM pragma_user_version;
DROP TABLE temp.migration_guard;

-- id: AUTOINCREMENT, so that the number of a deleted row never comes back. People and links
-- keep these numbers, and an old one must not lead to somebody else's prompt.
-- timestamp: UTC text of fixed width, so that text order is time order and
-- timestamp < datetime('now', '-30 days'), typed by hand, is right.
-- guardrails: a JSON array of texts.
-- input_tokens, output_tokens, model_calls: what the improvement cost; empty where unknown.
CREATE TABLE prompt_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp TEXT NOT NULL,
    original_idea TEXT NOT NULL,
    context TEXT NOT NULL,
    improved_prompt TEXT NOT NULL,
    role TEXT NOT NULL,
    directive TEXT NOT NULL,
    framework TEXT NOT NULL,
    guardrails TEXT NOT NULL,
    backend TEXT NOT NULL,
    confidence REAL,
    reasoning TEXT,
    latency_ms REAL,
    model_version TEXT,
    prompt_id TEXT NOT NULL,
    input_tokens INTEGER CONSTRAINT "input_tokens is 0 or more" CHECK (input_tokens >= 0),
    output_tokens INTEGER CONSTRAINT "output_tokens is 0 or more" CHECK (output_tokens >= 0),
    model_calls INTEGER CONSTRAINT "model_calls is 0 or more" CHECK (model_calls >= 0),
    CONSTRAINT "prompt_id is kept once" UNIQUE (prompt_id),
    CONSTRAINT "prompt_id is a UUID in lower case" CHECK (
        length(prompt_id) = 36
        AND prompt_id GLOB '????????-????-????-????-????????????'
        AND replace(prompt_id, '-', '') NOT GLOB '*[^0-9a-f]*'
        AND length(replace(prompt_id, '-', '')) = 32
    ),
    CONSTRAINT "timestamp is UTC as YYYY-MM-DD HH:MM:SS.mmm" CHECK (
        length(timestamp) = 23
        AND timestamp GLOB '????-??-?? ??:??:??.[0-9][0-9][0-9]'
        AND datetime(timestamp, '+0 days') IS substr(timestamp, 1, 19)
    ),
    CONSTRAINT "original_idea is not blank" CHECK (
        trim(original_idea, char(9, 10, 11, 12, 13, 32)) <> ''
    ),
    CONSTRAINT "improved_prompt is not blank" CHECK (
        trim(improved_prompt, char(9, 10, 11, 12, 13, 32)) <> ''
    ),
    CONSTRAINT "guardrails is a JSON array" CHECK (
        CASE WHEN json_valid(guardrails) THEN json_type(guardrails) = 'array' ELSE 0 END
    ),
    CONSTRAINT "backend is zero-shot, few-shot or offline" CHECK (
        backend IN ('zero-shot', 'few-shot', 'offline')
    ),
    CONSTRAINT "confidence is from 0 to 1" CHECK (confidence BETWEEN 0 AND 1),
    CONSTRAINT "latency_ms is 0 or more" CHECK (latency_ms >= 0)
) STRICT;

-- The newest rows, a range of days and the oldest rows are read along this one. Every index
-- ends in the id, so it serves ORDER BY timestamp DESC, id DESC too.
CREATE INDEX prompt_history_by_timestamp ON prompt_history (timestamp);

-- The newest rows of one backend, and the number of rows per backend.
CREATE INDEX prompt_history_by_backend ON prompt_history (backend, timestamp);

-- The views are what others may build on: their names and columns stay as they are in later
-- versions, which may add columns at the end; the table itself may change.

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
