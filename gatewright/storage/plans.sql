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

-- name: last_id
-- What its events' ids begin after, and the last of these ids.
SELECT runs.number * 4294967296, coalesce(max(its.id), runs.number * 4294967296)
FROM plan_runs AS runs LEFT JOIN plan_events AS its
    ON its.id > runs.number * 4294967296 AND its.id < (runs.number + 1) * 4294967296
WHERE runs.run_id = :run_id
GROUP BY runs.number;

-- name: add_event
INSERT INTO plan_events (id, kind, event) VALUES (?, ?, ?);

-- name: events
SELECT its.id - runs.number * 4294967296, its.event
FROM plan_runs AS runs JOIN plan_events AS its
    ON its.id > runs.number * 4294967296 + :after AND its.id < (runs.number + 1) * 4294967296
WHERE runs.run_id = :run_id
ORDER BY its.id
LIMIT :limit;

-- name: step_events
SELECT its.event
FROM plan_runs AS runs JOIN plan_events AS its
    ON its.id > runs.number * 4294967296 AND its.id < (runs.number + 1) * 4294967296
WHERE runs.run_id = :run_id
    AND its.kind IN ('step_started', 'step_ended')
ORDER BY its.id;

-- name: start_attempt
INSERT INTO plan_attempts (id, step, attempt, token, started_at) VALUES (?, ?, ?, ?, ?);

-- name: end_attempt
UPDATE plan_attempts SET
    ended_at = ?, status = ?, exit_code = ?, signal = ?, timed_out = ?, duration_s = ?, cpu_s = ?,
    max_rss_bytes = ?, reason = ?
WHERE id = ?;

-- name: attempt_id
-- Where an attempt of an earlier process is.
SELECT its.id
FROM plan_runs AS runs JOIN plan_attempts AS its
    ON its.id > runs.number * 4294967296 AND its.id < (runs.number + 1) * 4294967296
WHERE runs.run_id = :run_id
    AND its.step = :step AND its.attempt = :attempt;

-- name: attempts
SELECT runs.run_id, its.step, its.attempt, its.token, its.started_at, its.ended_at, its.status,
    its.exit_code, its.signal, its.timed_out, its.duration_s, its.cpu_s, its.max_rss_bytes,
    its.reason
FROM plan_runs AS runs JOIN plan_attempts AS its
    ON its.id > runs.number * 4294967296 AND its.id < (runs.number + 1) * 4294967296
WHERE runs.run_id = :run_id
ORDER BY its.id;

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
DELETE FROM plan_events
WHERE id > (SELECT number FROM plan_runs WHERE run_id = :run_id) * 4294967296
    AND id < (SELECT number + 1 FROM plan_runs WHERE run_id = :run_id) * 4294967296;

-- name: forget_attempts
DELETE FROM plan_attempts
WHERE id > (SELECT number FROM plan_runs WHERE run_id = :run_id) * 4294967296
    AND id < (SELECT number + 1 FROM plan_runs WHERE run_id = :run_id) * 4294967296;

-- name: forget_run
DELETE FROM plan_runs WHERE run_id = :run_id;
