-- What: every improvement as a line of JSON, oldest first, with all that is known of it: its
-- columns, and behind them what stands in details. `import` takes it in again.
-- Why: to read the history with other tools, or to take it elsewhere. It is no backup:
-- scripts/backup_db.sh makes one.
-- Cost: reads the whole file, about a second for 100 MB. The server may run. What comes out is
-- as private as the database: keep it 0600.
--   (umask 077; sqlite3 data/prompt_history.db < sql/maintenance/export.sql > history.jsonl)
.bail on
.timeout 5000
.mode list
.headers off

SELECT json_patch(json_object(
    'id', id,
    'timestamp', timestamp,
    'original_idea', original_idea,
    'context', context,
    'improved_prompt', improved_prompt,
    'role', role,
    'directive', directive,
    'framework', framework,
    'guardrails', json(guardrails),
    'backend', backend,
    'confidence', confidence,
    'reasoning', reasoning,
    'latency_ms', latency_ms,
    'model_version', model_version,
    'prompt_id', prompt_id,
    'input_tokens', input_tokens,
    'output_tokens', output_tokens,
    'model_calls', model_calls,
    'output_format', output_format,
    'language', language,
    'kept_original', CASE kept_original WHEN 1 THEN json('true') WHEN 0 THEN json('false') END,
    'imported_at', imported_at,
    'parent_id', parent_id,
    'version', version,
    'instruction', instruction,
    'starred', CASE starred WHEN 1 THEN json('true') ELSE json('false') END,
    'rating', rating,
    'note', note,
    'edited_prompt', edited_prompt,
    'source', source,
    'task', task,
    'artefact', artefact,
    'target', target,
    'tags', (
        SELECT json_group_array(tag)
        FROM prompt_tags
        WHERE history_id = prompt_history.id
    )
), details)
FROM prompt_history
ORDER BY timestamp, id;
