-- Runs of plans. Statements without RETURNING are written by one thread, many to a transaction.

-- name: begin
INSERT INTO plan_runs (
    run_id, plan_id, plan, plan_path, variables, options, folder, started_by, started_at, status,
    ended_at, reason, stop_asked, process
) VALUES (
    :run_id, :plan_id, :plan, :plan_path, :variables, :options, :folder, :started_by, :started_at,
    :status, :ended_at, :reason, :stop_asked, :process
);

-- name: run
SELECT run_id, plan_id, plan, plan_path, variables, options, folder, started_by, started_at, status,
    ended_at, reason, stop_asked, process
FROM plan_runs
WHERE run_id = :run_id;

-- name: runs
-- Newest first.
SELECT run_id, plan_id, plan, plan_path, variables, options, folder, started_by, started_at, status,
    ended_at, reason, stop_asked, process
FROM plan_runs
WHERE :plan_id IS NULL OR plan_id = :plan_id
ORDER BY started_at DESC, run_id DESC
LIMIT :limit;

-- name: claimed
-- Runs that some process has, or had when it died.
SELECT run_id, process FROM plan_runs WHERE process IS NOT NULL;

-- name: claim
UPDATE plan_runs SET process = :process WHERE run_id = :run_id;

-- name: release
UPDATE plan_runs SET process = NULL WHERE run_id = :run_id;

-- name: bury
-- The process of a run died in the middle of it.
UPDATE plan_runs SET
    process = NULL,
    status = CASE status WHEN 'running' THEN 'interrupted' ELSE status END
WHERE run_id = :run_id;

-- name: abandon
-- Whoever ran it stopped without an end.
UPDATE plan_runs SET
    status = CASE status WHEN 'running' THEN 'interrupted' ELSE status END
WHERE run_id = :run_id;

-- name: last_number
SELECT coalesce(max(number), 0) FROM plan_events WHERE run_id = :run_id;

-- name: add_event
INSERT INTO plan_events (run_id, number, kind, event) VALUES (?, ?, ?, ?);

-- name: events
SELECT number, event FROM plan_events
WHERE run_id = :run_id AND number > :after
ORDER BY number
LIMIT :limit;

-- name: step_events
SELECT event FROM plan_events
WHERE run_id = :run_id AND kind IN ('step_started', 'step_ended')
ORDER BY number;

-- name: start_attempt
INSERT INTO plan_attempts (run_id, number, step, attempt, token, started_at)
VALUES (?, ?, ?, ?, ?, ?);

-- name: end_attempt
UPDATE plan_attempts SET
    ended_at = ?, status = ?, exit_code = ?, signal = ?, timed_out = ?, duration_s = ?, cpu_s = ?,
    max_rss_bytes = ?, reason = ?
WHERE run_id = ? AND number = ?;

-- name: number_of
-- Where an attempt of an earlier process is.
SELECT number FROM plan_attempts
WHERE run_id = :run_id AND step = :step AND attempt = :attempt;

-- name: attempts
SELECT run_id, step, attempt, token, started_at, ended_at, status, exit_code, signal, timed_out,
    duration_s, cpu_s, max_rss_bytes, reason
FROM plan_attempts
WHERE run_id = :run_id
ORDER BY number;

-- name: keep_key
INSERT INTO plan_keys (plan_id, folder, step, key)
SELECT plan_id, folder, :step, :key FROM plan_runs WHERE run_id = :run_id
ON CONFLICT (plan_id, folder, step) DO UPDATE SET key = excluded.key;

-- name: drop_key
DELETE FROM plan_keys WHERE step = :step AND (plan_id, folder) = (
    SELECT plan_id, folder FROM plan_runs WHERE run_id = :run_id
);

-- name: unchanged_key
SELECT key FROM plan_keys WHERE plan_id = :plan_id AND folder = :folder AND step = :step;

-- name: run_started
UPDATE plan_runs SET status = 'running', ended_at = NULL, reason = '' WHERE run_id = :run_id;

-- name: run_resumed
-- Whoever takes it up again wants it to go on, whatever was wanted before.
UPDATE plan_runs SET
    status = 'running', ended_at = NULL, reason = '', stop_asked = NULL, stops = 0
WHERE run_id = :run_id;

-- name: run_waiting
UPDATE plan_runs SET status = 'waiting', reason = :reason WHERE run_id = :run_id;

-- name: run_ended
UPDATE plan_runs SET status = :status, ended_at = :at, reason = :reason WHERE run_id = :run_id;

-- name: ask_stop
UPDATE plan_runs SET stop_asked = :reason, stops = stops + 1
WHERE run_id = :run_id AND status IN ('waiting', 'running', 'interrupted')
RETURNING stops;

-- name: stop_asked
SELECT stop_asked, stops FROM plan_runs WHERE run_id = :run_id;

-- name: ended_before
-- Runs that are over and that nobody has taken up since.
SELECT run_id FROM plan_runs
WHERE process IS NULL AND coalesce(ended_at, started_at) < :before
    AND status IN ('succeeded', 'failed', 'cancelled');

-- name: forget_events
DELETE FROM plan_events WHERE run_id = :run_id;

-- name: forget_attempts
DELETE FROM plan_attempts WHERE run_id = :run_id;

-- name: forget_run
DELETE FROM plan_runs WHERE run_id = :run_id;
