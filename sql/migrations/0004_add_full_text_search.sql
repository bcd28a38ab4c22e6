-- 0004: full-text search over idea, context and improved prompt. Triggers keep it, so a row
-- that is added, changed or deleted by hand leaves it right. Rows that are there are indexed
-- here: about 10 s for 100,000 of them, in which nobody else can write.
--
-- The program applies this file at its start, after it has made a copy of the database. By
-- hand, with such a copy (scripts/backup_db.sh makes one):
--   sqlite3 data/prompt_history.db < sql/migrations/0004_add_full_text_search.sql
-- Where it says "database is locked" nothing was changed: run it again.
--
.bail on

BEGIN IMMEDIATE;

CREATE TEMP TABLE migration_guard (
    version INTEGER NOT NULL,
    CONSTRAINT "0004 runs only on schema version 3: run each file once, in order; PRAGMA user_version is the last that ran"
        CHECK (version = 3)
);
INSERT INTO migration_guard (version)
SELECT user_version
FROM pragma_user_version;
DROP TABLE temp.migration_guard;

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

INSERT INTO prompt_history_search (prompt_history_search)
VALUES ('rebuild');

PRAGMA user_version = 4;

COMMIT;
