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
