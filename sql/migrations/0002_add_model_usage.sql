-- 0002: what an improvement cost: tokens read, tokens written, answers of the model.
-- Empty where it is not known: in the rows from before, and where the model's server does
-- not say.
--
-- The program applies this file at its start, after it has made a copy of the database. By
-- hand, with such a copy (scripts/backup_db.sh makes one):
--   sqlite3 data/prompt_history.db < sql/migrations/0002_add_model_usage.sql
-- Where it says "database is locked" nothing was changed: run it again.
--
.bail on

BEGIN IMMEDIATE;

CREATE TEMP TABLE migration_guard (
    version INTEGER NOT NULL,
    CONSTRAINT "0002 runs only on schema version 1: run each file once, in order; PRAGMA user_version is the last that ran"
        CHECK (version = 1)
);
INSERT INTO migration_guard (version)
SELECT user_version
FROM pragma_user_version;
DROP TABLE temp.migration_guard;

ALTER TABLE prompt_history ADD COLUMN
    input_tokens INTEGER CONSTRAINT "input_tokens is 0 or more" CHECK (input_tokens >= 0);
ALTER TABLE prompt_history ADD COLUMN
    output_tokens INTEGER CONSTRAINT "output_tokens is 0 or more" CHECK (output_tokens >= 0);
ALTER TABLE prompt_history ADD COLUMN
    model_calls INTEGER CONSTRAINT "model_calls is 0 or more" CHECK (model_calls >= 0);

PRAGMA user_version = 2;

COMMIT;
