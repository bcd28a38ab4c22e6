-- 0001: the table of improvements, one row each.
--
-- The program applies this file at its start. By hand, on a new file:
--   (umask 077; sqlite3 data/prompt_history.db < sql/migrations/0001_create_prompt_history.sql)
--
.bail on

-- Works only before the first table is made, and not inside a transaction: it lets
-- maintenance/delete_old.sql hand the room of deleted rows back to the disk.
PRAGMA auto_vacuum = INCREMENTAL;

BEGIN IMMEDIATE;

CREATE TEMP TABLE migration_guard (
    version INTEGER NOT NULL,
    CONSTRAINT "0001 runs only on schema version 0: run each file once, in order; PRAGMA user_version is the last that ran"
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

PRAGMA user_version = 1;

COMMIT;
