-- 0006: a row holds all that its answer showed. New columns: output_format, language,
-- kept_original, imported_at, and details for every other fact; two more backends, client and
-- imported; guardrails are texts. The CHECKs of a table cannot be changed in place, so it is
-- made anew, for this once: later files only add columns. Rows, their ids and the mark below
-- which no id comes back are carried over. Rows that break a rule are moved to spoiled_rows, and
-- their ids are printed. Indexes and triggers of your own on prompt_history go with the old
-- table; views of your own stay.
-- Cost: 2.7 times the database in free room, and for 1,000,000 rows (3.2 GB) 3 minutes on a busy
-- machine, in which nobody else can write. The room of the old table stays in the file until the
-- program's next cleanup, or `vacuum`, hands it back.
--
-- The program applies this file at its start, after it has made a copy of the database. By
-- hand, with such a copy (scripts/backup_db.sh makes one):
--   sqlite3 data/prompt_history.db < sql/migrations/0006_one_record.sql
-- Where it says "database is locked" nothing was changed: run it again.
--
.bail on

-- The index of prompt_id is filled in no order: with less memory each row would cost a page.
PRAGMA cache_size = -65536;

BEGIN IMMEDIATE;

CREATE TEMP TABLE migration_guard (
    version INTEGER NOT NULL,
    CONSTRAINT "0006 runs only on schema version 5: run each file once, in order; PRAGMA user_version is the last that ran"
        CHECK (version = 5)
);
INSERT INTO migration_guard (version)
SELECT user_version
FROM pragma_user_version;
DROP TABLE temp.migration_guard;

-- Legacy: views go on naming prompt_history.
PRAGMA legacy_alter_table = ON;
ALTER TABLE prompt_history RENAME TO prompt_history_before_0006;
PRAGMA legacy_alter_table = OFF;

-- Their names are needed.
DROP INDEX prompt_history_by_timestamp;

DROP INDEX prompt_history_by_backend;

-- id: AUTOINCREMENT, so that the number of a deleted row never comes back. People and links
-- keep these numbers, and an old one must not lead to somebody else's prompt.
-- timestamp: UTC text of fixed width, so that text order is time order and
-- timestamp < datetime('now', '-30 days'), typed by hand, is right.
-- guardrails: a JSON array of texts.
-- input_tokens, output_tokens, model_calls: what the improvement cost; empty where unknown.
-- output_format, language, kept_original: empty where unknown, as in rows from before 0006;
-- language is that of the idea.
-- imported_at: when a row from elsewhere came in. The retention counts from the later of this
-- and timestamp.
-- details: a JSON object, by name whatever else is known of the improvement: warnings, task,
-- field, changed, ... (details ->> 'task'). What is not known is not in it.
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
    input_tokens INTEGER,
    output_tokens INTEGER,
    model_calls INTEGER,
    output_format TEXT,
    language TEXT,
    kept_original INTEGER,
    imported_at TEXT,
    details TEXT NOT NULL DEFAULT '{}',
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
    -- A CHECK cannot look at the elements one by one. So: in the array without spaces and
    -- without escaped quotes, what stands between two texts ("," with its quotes), behind the
    -- last and in an empty array is taken out. A quote is left where anything is no text.
    CONSTRAINT "guardrails is a JSON array of texts" CHECK (
        CASE WHEN json_valid(guardrails) THEN
            json_type(guardrails) = 'array'
            AND instr(
                replace(replace(replace(
                    '",' || substr(replace(replace(json(guardrails), '\\', ''), '\"', ''), 2),
                '","', ''), '",]', ''), '"]', ''),
                '"'
            ) = 0
        ELSE 0 END
    ),
    CONSTRAINT "backend is zero-shot, few-shot, offline, client or imported" CHECK (
        backend IN ('zero-shot', 'few-shot', 'offline', 'client', 'imported')
    ),
    CONSTRAINT "confidence is from 0 to 1" CHECK (confidence BETWEEN 0 AND 1),
    CONSTRAINT "latency_ms is 0 or more" CHECK (latency_ms >= 0),
    CONSTRAINT "input_tokens is 0 or more" CHECK (input_tokens >= 0),
    CONSTRAINT "output_tokens is 0 or more" CHECK (output_tokens >= 0),
    CONSTRAINT "model_calls is 0 or more" CHECK (model_calls >= 0),
    CONSTRAINT "language is an ISO 639-1 code" CHECK (language GLOB '[a-z][a-z]'),
    CONSTRAINT "kept_original is 0 or 1" CHECK (kept_original IN (0, 1)),
    CONSTRAINT "imported_at is UTC as YYYY-MM-DD HH:MM:SS.mmm" CHECK (
        length(imported_at) = 23
        AND imported_at GLOB '????-??-?? ??:??:??.[0-9][0-9][0-9]'
        AND datetime(imported_at, '+0 days') IS substr(imported_at, 1, 19)
    ),
    CONSTRAINT "details is a JSON object" CHECK (
        CASE WHEN json_valid(details) THEN json_type(details) = 'object' ELSE 0 END
    )
) STRICT;

-- Before the rows: made afterwards, each of them would read the whole table once more.
--
-- The newest rows and a range of days are read along this one. Every index ends in the id, so
-- it serves ORDER BY timestamp DESC, id DESC too.
CREATE INDEX prompt_history_by_timestamp ON prompt_history (timestamp);

-- The newest rows of one backend, and the number of rows per backend.
CREATE INDEX prompt_history_by_backend ON prompt_history (backend, timestamp);

-- What the retention counts from. A query goes along it that has this very expression.
CREATE INDEX prompt_history_by_retention
ON prompt_history (max(timestamp, coalesce(imported_at, '')));

-- OR IGNORE leaves out what breaks a rule. For a value of another type, which only a table made
-- by another tool can hold, it would stop: hence the types.
INSERT OR IGNORE INTO prompt_history (
    id, timestamp, original_idea, context, improved_prompt, role, directive, framework,
    guardrails, backend, confidence, reasoning, latency_ms, model_version, prompt_id,
    input_tokens, output_tokens, model_calls
)
SELECT
    id, timestamp, original_idea, context, improved_prompt, role, directive, framework,
    guardrails, backend, confidence, reasoning, latency_ms, model_version, prompt_id,
    input_tokens, output_tokens, model_calls
FROM prompt_history_before_0006
WHERE typeof(timestamp) = 'text'
    AND typeof(original_idea) = 'text'
    AND typeof(context) = 'text'
    AND typeof(improved_prompt) = 'text'
    AND typeof(role) = 'text'
    AND typeof(directive) = 'text'
    AND typeof(framework) = 'text'
    AND typeof(guardrails) = 'text'
    AND typeof(backend) = 'text'
    AND typeof(confidence) IN ('real', 'integer', 'null')
    AND typeof(reasoning) IN ('text', 'null')
    AND typeof(latency_ms) IN ('real', 'integer', 'null')
    AND typeof(model_version) IN ('text', 'null')
    AND typeof(prompt_id) = 'text'
    AND typeof(input_tokens) IN ('integer', 'null')
    AND typeof(output_tokens) IN ('integer', 'null')
    AND typeof(model_calls) IN ('integer', 'null')
ORDER BY id;

-- Rows that broke a rule of the table when 0006 made it anew, as they were: any value may stand
-- in any column. kept_since: what the retention counts from, which is the row's timestamp where
-- that is one, and else the moment in which it was put here. One that has been corrected goes
-- back with INSERT INTO prompt_history (...) SELECT ... FROM spoiled_rows WHERE id = ...
CREATE TABLE spoiled_rows (
    id INTEGER PRIMARY KEY,
    timestamp ANY,
    original_idea ANY,
    context ANY,
    improved_prompt ANY,
    role ANY,
    directive ANY,
    framework ANY,
    guardrails ANY,
    backend ANY,
    confidence ANY,
    reasoning ANY,
    latency_ms ANY,
    model_version ANY,
    prompt_id ANY,
    input_tokens ANY,
    output_tokens ANY,
    model_calls ANY,
    kept_since TEXT NOT NULL
) STRICT;

INSERT INTO spoiled_rows (
    id, timestamp, original_idea, context, improved_prompt, role, directive, framework,
    guardrails, backend, confidence, reasoning, latency_ms, model_version, prompt_id,
    input_tokens, output_tokens, model_calls,
    kept_since
)
SELECT
    id, timestamp, original_idea, context, improved_prompt, role, directive, framework,
    guardrails, backend, confidence, reasoning, latency_ms, model_version, prompt_id,
    input_tokens, output_tokens, model_calls,
    CASE
        WHEN typeof(timestamp) = 'text'
            AND length(timestamp) = 23
            AND timestamp GLOB '????-??-?? ??:??:??.[0-9][0-9][0-9]'
            AND datetime(timestamp, '+0 days') IS substr(timestamp, 1, 19)
        THEN timestamp
        ELSE strftime('%Y-%m-%d %H:%M:%f', 'now')
    END
FROM prompt_history_before_0006
WHERE id IN (
    SELECT id
    FROM prompt_history_before_0006
    EXCEPT
    SELECT id
    FROM prompt_history
);

-- The mark below which no id comes back.
DELETE FROM sqlite_sequence
WHERE name = 'prompt_history'
    AND EXISTS (
        SELECT 1
        FROM sqlite_sequence
        WHERE name = 'prompt_history_before_0006'
    );
UPDATE sqlite_sequence
SET name = 'prompt_history'
WHERE name = 'prompt_history_before_0006';

DROP TABLE prompt_history_before_0006;

-- Both for the retention and for the deletion of one row.
CREATE INDEX spoiled_rows_by_kept_since ON spoiled_rows (kept_since);

CREATE INDEX spoiled_rows_by_prompt_id ON spoiled_rows (prompt_id);

CREATE TRIGGER prompt_history_search_insert
AFTER INSERT ON prompt_history
BEGIN
    INSERT INTO prompt_history_search (rowid, original_idea, context, improved_prompt)
    VALUES (new.id, new.original_idea, new.context, new.improved_prompt);
END;

CREATE TRIGGER prompt_history_search_delete
AFTER DELETE ON prompt_history
BEGIN
    INSERT INTO prompt_history_search (
        prompt_history_search, rowid, original_idea, context, improved_prompt
    )
    VALUES ('delete', old.id, old.original_idea, old.context, old.improved_prompt);
    UPDATE search_leftovers
    SET deleted_rows = deleted_rows + 1;
END;

CREATE TRIGGER prompt_history_search_update
AFTER UPDATE OF id, original_idea, context, improved_prompt ON prompt_history
BEGIN
    INSERT INTO prompt_history_search (
        prompt_history_search, rowid, original_idea, context, improved_prompt
    )
    VALUES ('delete', old.id, old.original_idea, old.context, old.improved_prompt);
    INSERT INTO prompt_history_search (rowid, original_idea, context, improved_prompt)
    VALUES (new.id, new.original_idea, new.context, new.improved_prompt);
    UPDATE search_leftovers
    SET deleted_rows = deleted_rows + 1;
END;

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

-- The summary and the search index are those of the rows that were there. They are made anew
-- only where some of these are not among the rows any more: numbers and texts are the same.
DELETE FROM daily_summary
WHERE EXISTS (SELECT 1 FROM spoiled_rows);

-- CROSS JOIN, so that the rows are looked at only where there is a spoiled one.
INSERT INTO daily_summary (
    day, backend, improvements, rated, confidence_billionths, timed, latency_microseconds,
    model_calls, input_tokens, output_tokens
)
SELECT
    day, backend, improvements, rated, confidence_billionths, timed, latency_microseconds,
    model_calls, input_tokens, output_tokens
FROM (SELECT 1 FROM spoiled_rows LIMIT 1)
CROSS JOIN daily_summary_from_rows;

INSERT INTO prompt_history_search (prompt_history_search)
SELECT 'rebuild'
WHERE EXISTS (SELECT 1 FROM spoiled_rows);

PRAGMA user_version = 6;

COMMIT;

PRAGMA cache_size = -2000;

SELECT row_count || ' rows that break a rule are in spoiled_rows now: ' || ids
FROM (
    SELECT COUNT(*) AS row_count, group_concat(id, ', ') AS ids
    FROM spoiled_rows
)
WHERE row_count > 0;
