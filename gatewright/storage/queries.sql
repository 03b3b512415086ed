-- name: accept
-- Keep a task; a second one of the same id changes nothing.
INSERT INTO tasks (id, task, digest, base_commit, accepted_at)
VALUES (:id, :task, :digest, :base_commit, :at)
ON CONFLICT (id) DO NOTHING;

-- name: digest
-- What makes a task the same task.
SELECT digest FROM tasks WHERE id = :id;

-- name: find
-- One task with the state in which it was last seen.
SELECT t.task, t.base_commit, t.accepted_at, s.state, s.detail, s.at
FROM tasks AS t
LEFT JOIN task_states AS s
  ON s.seq = (SELECT max(seq) FROM task_states WHERE task_id = t.id)
WHERE t.id = :id;

-- name: note_state
-- Append a state, unless it is the one that the task is in already.
INSERT INTO task_states (task_id, state, detail, at)
SELECT :task_id, :state, :detail, :at
WHERE NOT EXISTS (
    SELECT 1 FROM task_states AS last
    WHERE last.task_id = :task_id AND last.state = :state AND last.detail = :detail
      AND last.seq = (SELECT max(seq) FROM task_states WHERE task_id = :task_id)
);

-- name: list
-- Every task with the state in which it was last seen, newest first.
SELECT t.task, t.base_commit, t.accepted_at, s.state, s.detail, s.at
FROM tasks AS t
LEFT JOIN task_states AS s
  ON s.seq = (SELECT max(seq) FROM task_states WHERE task_id = t.id)
ORDER BY t.accepted_at DESC, t.id;

-- name: recall
-- An answer that was paid for.
SELECT reply FROM answers WHERE key = :key;

-- name: record
-- Keep an answer; the first one of a key stays.
INSERT INTO answers (key, task_id, reply, at) VALUES (:key, :task_id, :reply, :at)
ON CONFLICT (key) DO NOTHING;

-- name: reserve
-- Set money aside unless a limit forbids it; one statement, so that no other process comes between
-- the sum and the row. What stands under the same key already does not count, it is replaced.
INSERT INTO purse (key, task_id, nano_usd, settled, at)
SELECT :key, :task_id, :nano_usd, 0, :at
WHERE (
    :day_most IS NULL
    OR :nano_usd + (
        SELECT coalesce(sum(nano_usd), 0) FROM purse WHERE at >= :day AND key <> :key
    ) <= :day_most
) AND (
    :month_most IS NULL
    OR :nano_usd + (
        SELECT coalesce(sum(nano_usd), 0) FROM purse WHERE at >= :month AND key <> :key
    ) <= :month_most
)
ON CONFLICT (key) DO UPDATE
SET task_id = excluded.task_id, nano_usd = excluded.nano_usd, settled = 0, at = excluded.at
RETURNING key;

-- name: settle
-- What a call came to, on the day on which it was set aside; spent money counts in any case.
INSERT INTO purse (key, task_id, nano_usd, settled, at) VALUES (:key, '', :nano_usd, 1, :at)
ON CONFLICT (key) DO UPDATE SET nano_usd = excluded.nano_usd, settled = 1;

-- name: spent
-- Spent and set aside since the day and the month began.
SELECT
    coalesce(sum(nano_usd) FILTER (WHERE at >= :day), 0),
    coalesce(sum(nano_usd), 0)
FROM purse
WHERE at >= :month AND key <> :key;
