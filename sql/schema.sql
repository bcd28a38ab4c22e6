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
-- output_format, language, kept_original: empty where unknown, as in rows from before 0006;
-- language is that of the idea.
-- imported_at: when a row from elsewhere came in. The retention counts from the later of this
-- and timestamp.
-- details: a JSON object, by name whatever else is known of the improvement: warnings, field,
-- changed, ... (details ->> 'field'). What is not known is not in it.
-- parent_id: prompt_id of the row that this one was refined from, which may be gone; version:
-- that of the parent and one; instruction: how it was refined.
-- starred, rating, note, edited_prompt: what somebody thought of it, and made of it.
-- source: the program that an imported row comes from.
-- task, artefact, target: what a frame shapes the prompt for, what it is to bring forth, and for
-- what reader; empty where that is not certain.
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
    parent_id TEXT CONSTRAINT "parent_id is a UUID in lower case" CHECK (
        length(parent_id) = 36
        AND parent_id GLOB '????????-????-????-????-????????????'
        AND replace(parent_id, '-', '') NOT GLOB '*[^0-9a-f]*'
        AND length(replace(parent_id, '-', '')) = 32
    ),
    version INTEGER NOT NULL DEFAULT 1 CONSTRAINT "version is 1 or more" CHECK (version >= 1),
    instruction TEXT CONSTRAINT "instruction is not blank" CHECK (
        trim(instruction, char(9, 10, 11, 12, 13, 32)) <> ''
    ),
    starred INTEGER NOT NULL DEFAULT 0 CONSTRAINT "starred is 0 or 1" CHECK (starred IN (0, 1)),
    rating INTEGER CONSTRAINT "rating is -1, 0 or 1" CHECK (rating IN (-1, 0, 1)),
    note TEXT CONSTRAINT "note is not blank" CHECK (
        trim(note, char(9, 10, 11, 12, 13, 32)) <> ''
    ),
    edited_prompt TEXT CONSTRAINT "edited_prompt is not blank" CHECK (
        trim(edited_prompt, char(9, 10, 11, 12, 13, 32)) <> ''
    ),
    source TEXT CONSTRAINT "source is not blank" CHECK (
        trim(source, char(9, 10, 11, 12, 13, 32)) <> ''
    ),
    task TEXT,
    artefact TEXT,
    target TEXT,
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

-- The newest rows and a range of days are read along this one. Every index ends in the id, so
-- it serves ORDER BY timestamp DESC, id DESC too.
CREATE INDEX prompt_history_by_timestamp ON prompt_history (timestamp);

-- The newest rows of one backend, and the number of rows per backend.
CREATE INDEX prompt_history_by_backend ON prompt_history (backend, timestamp);

-- An index of its own for each thing that a list is narrowed by, newest first. The rows that
-- lack it are not in it.
CREATE INDEX prompt_history_by_parent
ON prompt_history (parent_id, timestamp)
WHERE parent_id IS NOT NULL;

CREATE INDEX prompt_history_by_starred
ON prompt_history (timestamp)
WHERE starred = 1;

CREATE INDEX prompt_history_by_rating
ON prompt_history (rating, timestamp)
WHERE rating IS NOT NULL;

CREATE INDEX prompt_history_by_task
ON prompt_history (task, timestamp)
WHERE task IS NOT NULL;

CREATE INDEX prompt_history_by_artefact
ON prompt_history (artefact, timestamp)
WHERE artefact IS NOT NULL;

CREATE INDEX prompt_history_by_target
ON prompt_history (target, timestamp)
WHERE target IS NOT NULL;

-- Rows that somebody has done something with.
CREATE INDEX prompt_history_kept
ON prompt_history (timestamp)
WHERE starred = 1 OR rating IS NOT NULL OR note IS NOT NULL OR edited_prompt IS NOT NULL;

-- All others, by what the retention counts from. A query goes along it that has this very
-- expression and these conditions.
CREATE INDEX prompt_history_by_retention
ON prompt_history (max(timestamp, coalesce(imported_at, '')))
WHERE starred = 0 AND rating IS NULL AND note IS NULL AND edited_prompt IS NULL;

-- Which rows hold a word; accents and case do not count. The texts stay in prompt_history
-- (content), and where in a row a word stands is not kept (detail): with it the index would be
-- five times as large. prefix: the beginnings of words are indexed too, because to gather all
-- the words that begin with "pr" takes most of a second in a million rows.
CREATE VIRTUAL TABLE prompt_history_search USING fts5 (
    original_idea,
    context,
    improved_prompt,
    content = 'prompt_history',
    content_rowid = 'id',
    tokenize = 'unicode61 remove_diacritics 2',
    detail = none,
    prefix = '1 2 3 4'
);

-- The words of a deleted row stay in the file until the parts of the index are merged. How
-- many rows were deleted or changed since: the program's cleanup and
-- maintenance/delete_old.sql merge where this is not 0.
CREATE TABLE search_leftovers (
    deleted_rows INTEGER NOT NULL
) STRICT;

INSERT INTO search_leftovers (deleted_rows)
VALUES (0);

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

-- What the summary must hold, from the rows themselves: to check it.
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

-- history_id is the id of a row of prompt_history. By hand:
--   INSERT INTO prompt_tags (history_id, tag) VALUES (7, 'work');
CREATE TABLE prompt_tags (
    history_id INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (history_id, tag),
    CONSTRAINT "tag has 1 to 100 characters, without blanks around it" CHECK (
        length(tag) BETWEEN 1 AND 100
        AND tag = trim(tag, char(9, 10, 11, 12, 13, 32))
    )
) STRICT, WITHOUT ROWID;

CREATE INDEX prompt_tags_by_tag ON prompt_tags (tag, history_id);

-- Which notes and tags hold a word; its rowid is the id of the row. It keeps the texts itself.
CREATE VIRTUAL TABLE note_search USING fts5 (
    note,
    tags,
    tokenize = 'unicode61 remove_diacritics 2',
    detail = none,
    prefix = '1 2 3 4'
);

CREATE TRIGGER note_search_insert
AFTER INSERT ON prompt_history
WHEN new.note IS NOT NULL
BEGIN
    INSERT INTO note_search (rowid, note, tags)
    VALUES (new.id, new.note, '');
END;

-- Tags go with their row.
CREATE TRIGGER note_search_delete
AFTER DELETE ON prompt_history
BEGIN
    DELETE FROM prompt_tags
    WHERE history_id = old.id;
    DELETE FROM note_search
    WHERE rowid = old.id;
END;

CREATE TRIGGER note_search_update
AFTER UPDATE OF id, note ON prompt_history
WHEN new.id <> old.id OR new.note IS NOT old.note
BEGIN
    UPDATE prompt_tags
    SET history_id = new.id
    WHERE history_id = old.id
        AND new.id <> old.id;
    DELETE FROM note_search
    WHERE rowid IN (old.id, new.id);
    INSERT INTO note_search (rowid, note, tags)
    SELECT id, note, tags
    FROM notes_and_tags
    WHERE id = new.id;
END;

CREATE TRIGGER prompt_tags_check
BEFORE INSERT ON prompt_tags
WHEN NOT EXISTS (
    SELECT 1
    FROM prompt_history
    WHERE id = new.history_id
)
BEGIN
    SELECT RAISE(ABORT, 'no row of prompt_history has this history_id');
END;

CREATE TRIGGER prompt_tags_insert
AFTER INSERT ON prompt_tags
BEGIN
    DELETE FROM note_search
    WHERE rowid = new.history_id;
    INSERT INTO note_search (rowid, note, tags)
    SELECT id, note, tags
    FROM notes_and_tags
    WHERE id = new.history_id;
END;

CREATE TRIGGER prompt_tags_delete
AFTER DELETE ON prompt_tags
BEGIN
    DELETE FROM note_search
    WHERE rowid = old.history_id;
    INSERT INTO note_search (rowid, note, tags)
    SELECT id, note, tags
    FROM notes_and_tags
    WHERE id = old.history_id;
END;

CREATE TRIGGER prompt_tags_update
AFTER UPDATE ON prompt_tags
BEGIN
    DELETE FROM note_search
    WHERE rowid IN (old.history_id, new.history_id);
    INSERT INTO note_search (rowid, note, tags)
    SELECT id, note, tags
    FROM notes_and_tags
    WHERE id IN (old.history_id, new.history_id);
END;

-- What note_search must hold, from the rows themselves.
CREATE VIEW notes_and_tags AS
SELECT
    id,
    coalesce(note, '') AS note,
    coalesce((
        SELECT group_concat(tag, char(10))
        FROM prompt_tags
        WHERE history_id = prompt_history.id
    ), '') AS tags
FROM prompt_history
WHERE note IS NOT NULL
    OR id IN (
        SELECT history_id
        FROM prompt_tags
        WHERE history_id = prompt_history.id
    );

-- The rows that a cleanup may delete, and what it counts from: nobody has starred, rated, tagged,
-- noted or edited them, nor any that was refined from them.
CREATE VIEW expendable_rows AS
SELECT
    id,
    max(timestamp, coalesce(imported_at, '')) AS kept_since
FROM prompt_history AS expendable
WHERE starred = 0
    AND rating IS NULL
    AND note IS NULL
    AND edited_prompt IS NULL
    AND NOT EXISTS (
        SELECT 1
        FROM prompt_tags
        WHERE history_id = expendable.id
    )
    AND NOT EXISTS (
        WITH RECURSIVE refined (prompt_id) AS (
            SELECT expendable.prompt_id
            UNION
            SELECT prompt_history.prompt_id
            FROM refined
            CROSS JOIN prompt_history
            WHERE prompt_history.parent_id = refined.prompt_id
        )
        SELECT 1
        FROM refined
        CROSS JOIN prompt_history
        WHERE prompt_history.parent_id = refined.prompt_id
            AND (
                starred = 1 OR rating IS NOT NULL OR note IS NOT NULL OR edited_prompt IS NOT NULL
                OR EXISTS (
                    SELECT 1
                    FROM prompt_tags
                    WHERE history_id = prompt_history.id
                )
            )
    );

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

-- Both for the retention and for the deletion of one row.
CREATE INDEX spoiled_rows_by_kept_since ON spoiled_rows (kept_since);

CREATE INDEX spoiled_rows_by_prompt_id ON spoiled_rows (prompt_id);

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

-- What do I want to find again? Newest first: everything that somebody has starred, rated,
-- tagged, noted or edited. Its name and columns stay, as those of the other views do.
CREATE VIEW kept_improvements AS
SELECT
    id,
    timestamp,
    starred,
    rating,
    note,
    (
        SELECT group_concat(tag, ', ')
        FROM prompt_tags
        WHERE history_id = prompt_history.id
    ) AS tags,
    substr(trim(replace(replace(original_idea, char(13), ''), char(10), ' ')), 1, 80) AS idea,
    coalesce(edited_prompt, improved_prompt) AS prompt,
    version,
    backend,
    prompt_id
FROM prompt_history
WHERE id IN (
    SELECT id
    FROM prompt_history
    WHERE starred = 1 OR rating IS NOT NULL OR note IS NOT NULL OR edited_prompt IS NOT NULL
    UNION
    SELECT history_id
    FROM prompt_tags
)
ORDER BY timestamp DESC, id DESC;

PRAGMA user_version = 7;

COMMIT;
