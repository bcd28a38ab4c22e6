-- What: whether the database is sound: integrity and rows (both must be right), foreign keys
-- that lead nowhere (0), schema version, pages and free pages, oldest and newest row.
-- Why: after a crash, a full disk or a restore, and now and then before a backup is trusted.
-- Cost: reads the whole file, about half a second for 100 MB. The server may run.
--   sqlite3 data/prompt_history.db < sql/maintenance/check.sql
-- The program's `check` runs the same SELECT, and says what to do.
.bail on
.timeout 5000
.mode line

SELECT
    (
        SELECT replace(group_concat(integrity_check, ', '), char(10), ' ')
        FROM pragma_integrity_check(10)
    ) AS integrity,
    (SELECT COUNT(*) FROM pragma_foreign_key_check) AS broken_foreign_keys,
    (SELECT user_version FROM pragma_user_version) AS schema_version,
    (SELECT page_count FROM pragma_page_count) AS pages,
    (SELECT freelist_count FROM pragma_freelist_count) AS free_pages,
    (SELECT page_size FROM pragma_page_size) AS page_size,
    (SELECT auto_vacuum FROM pragma_auto_vacuum) AS auto_vacuum,
    (SELECT COUNT(*) FROM prompt_history) AS improvements,
    (SELECT MIN(timestamp) FROM prompt_history) AS oldest,
    (SELECT MAX(timestamp) FROM prompt_history) AS newest;
