-- What: brings up to date what SQLite knows of the table, by which it chooses its indexes.
-- Why: after very many rows were added or deleted, where a query by hand has become slow. The
-- program's own queries do not need it.
-- Cost: some milliseconds; it looks at samples. The server may run.
--   sqlite3 data/prompt_history.db < sql/maintenance/optimize.sql
.bail on
.timeout 5000

PRAGMA analysis_limit = 1000;
ANALYZE;

SELECT 'optimized';
