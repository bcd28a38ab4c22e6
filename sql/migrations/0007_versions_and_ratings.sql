-- 0007: what people do with an improvement after its answer. New columns: parent_id, version and
-- instruction (what it was refined from, and how), starred, rating, note and edited_prompt, and
-- source, the program that an imported row comes from; task, artefact and target come out of
-- details. Tags have a table of their own. Words of notes
-- and tags are found through a small index of their own: a star or a note leaves the large one
-- as it is. What is starred, rated, tagged, noted or edited, and what that was refined from, is
-- kept by the cleanup: the view expendable_rows shows what is not.
-- Cost: no row is written anew but those that have a task, an artefact or a target in details.
-- For 1,000,000 rows (3 GB) less than a minute, in which nobody else can write.
--
-- The program applies this file at its start, after it has made a copy of the database. By
-- hand, with such a copy (scripts/backup_db.sh makes one):
--   sqlite3 data/prompt_history.db < sql/migrations/0007_versions_and_ratings.sql
-- Where it says "database is locked" nothing was changed: run it again.
--
.bail on

BEGIN IMMEDIATE;

CREATE TEMP TABLE migration_guard (
    version INTEGER NOT NULL,
    CONSTRAINT "0007 runs only on schema version 6: run each file once, in order; PRAGMA user_version is the last that ran"
        CHECK (version = 6)
);
INSERT INTO migration_guard (version)
SELECT user_version
FROM pragma_user_version;
DROP TABLE temp.migration_guard;

-- After each new column SQLite holds every row against every CHECK of the table. The new ones
-- hold for what a new column begins with; and a row that was changed by hand past another one
-- is left for `check` to name.
PRAGMA ignore_check_constraints = ON;

ALTER TABLE prompt_history ADD COLUMN
    parent_id TEXT CONSTRAINT "parent_id is a UUID in lower case" CHECK (
        length(parent_id) = 36
        AND parent_id GLOB '????????-????-????-????-????????????'
        AND replace(parent_id, '-', '') NOT GLOB '*[^0-9a-f]*'
        AND length(replace(parent_id, '-', '')) = 32
    );
ALTER TABLE prompt_history ADD COLUMN
    version INTEGER NOT NULL DEFAULT 1 CONSTRAINT "version is 1 or more" CHECK (version >= 1);
ALTER TABLE prompt_history ADD COLUMN
    instruction TEXT CONSTRAINT "instruction is not blank" CHECK (
        trim(instruction, char(9, 10, 11, 12, 13, 32)) <> ''
    );
ALTER TABLE prompt_history ADD COLUMN
    starred INTEGER NOT NULL DEFAULT 0 CONSTRAINT "starred is 0 or 1" CHECK (starred IN (0, 1));
ALTER TABLE prompt_history ADD COLUMN
    rating INTEGER CONSTRAINT "rating is -1, 0 or 1" CHECK (rating IN (-1, 0, 1));
ALTER TABLE prompt_history ADD COLUMN
    note TEXT CONSTRAINT "note is not blank" CHECK (
        trim(note, char(9, 10, 11, 12, 13, 32)) <> ''
    );
ALTER TABLE prompt_history ADD COLUMN
    edited_prompt TEXT CONSTRAINT "edited_prompt is not blank" CHECK (
        trim(edited_prompt, char(9, 10, 11, 12, 13, 32)) <> ''
    );
ALTER TABLE prompt_history ADD COLUMN
    source TEXT CONSTRAINT "source is not blank" CHECK (
        trim(source, char(9, 10, 11, 12, 13, 32)) <> ''
    );

ALTER TABLE prompt_history ADD COLUMN
    task TEXT;
ALTER TABLE prompt_history ADD COLUMN
    artefact TEXT;
ALTER TABLE prompt_history ADD COLUMN
    target TEXT;

-- Before this they stood in details, in the rows of 0006; older ones have none.
UPDATE prompt_history
SET
    task = CASE WHEN json_type(details, '$.task') = 'text' THEN json_extract(details, '$.task') END,
    artefact = CASE WHEN json_type(details, '$.artefact') = 'text' THEN json_extract(details, '$.artefact') END,
    target = CASE WHEN json_type(details, '$.target') = 'text' THEN json_extract(details, '$.target') END,
    details = json_remove(details, '$.task', '$.artefact', '$.target')
WHERE details <> '{}'
    AND json_valid(details)
    AND json_remove(details, '$.task', '$.artefact', '$.target') <> json(details);

PRAGMA ignore_check_constraints = OFF;

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
-- expression and these conditions. Before, it was of every row.
DROP INDEX prompt_history_by_retention;

CREATE INDEX prompt_history_by_retention
ON prompt_history (max(timestamp, coalesce(imported_at, '')))
WHERE starred = 0 AND rating IS NULL AND note IS NULL AND edited_prompt IS NULL;

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
