-- What: how large the database is, how much of it is free, and what an improvement takes.
-- Why: to see whether the retention suits the disk, and whether vacuum.sql would help.
-- Cost: reads the whole file, about half a second for 100 MB. The server may run.
--   sqlite3 data/prompt_history.db < sql/maintenance/size.sql
.bail on
.timeout 5000
.mode line

SELECT
    page_count * page_size AS bytes,
    freelist_count * page_size AS free_bytes,
    improvements,
    CASE
        WHEN improvements > 0
        THEN (page_count - freelist_count) * page_size / improvements
    END AS bytes_an_improvement,
    idea_bytes,
    context_bytes,
    prompt_bytes
FROM pragma_page_count, pragma_page_size, pragma_freelist_count, (
    SELECT
        COUNT(*) AS improvements,
        CAST(AVG(length(CAST(original_idea AS BLOB))) AS INTEGER) AS idea_bytes,
        CAST(AVG(length(CAST(context AS BLOB))) AS INTEGER) AS context_bytes,
        CAST(AVG(length(CAST(improved_prompt AS BLOB))) AS INTEGER) AS prompt_bytes
    FROM prompt_history
);
