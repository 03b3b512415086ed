-- name: accept
-- Keep a task; a second one of the same id changes nothing.
INSERT INTO tasks (id, task, digest, base_commit, accepted_at, accepted_by)
VALUES (:id, :task, :digest, :base_commit, :at, :by)
ON CONFLICT (id) DO NOTHING;

-- name: digest
-- What makes a task the same task.
SELECT digest FROM tasks WHERE id = :id;

-- name: find
-- One task as it stands.
SELECT * FROM entries WHERE id = :id;

-- name: list
-- Every task as it stands, newest first.
SELECT * FROM entries ORDER BY accepted_at DESC, id;

-- name: note_state
-- Append a state, unless it is the one that the task is in already, or the task was cancelled.
INSERT INTO history (task_id, kind, at, state, detail)
SELECT :task_id, 'state', :at, :state, :detail
WHERE NOT EXISTS (
    SELECT 1 FROM history AS last
    WHERE last.seq = (
        SELECT max(seq) FROM history WHERE task_id = :task_id AND state IS NOT NULL
    ) AND (last.state = 'cancelled' OR (last.state = :state AND last.detail = :detail))
);

-- name: history
-- What happened to a task, in order.
SELECT seq, kind, at, by_whom, state, detail, run, how, interrupt_id, answer
FROM history
WHERE task_id = :task_id
ORDER BY seq;

-- name: begin
-- A process starts to run a task, which must not be cancelled; the row's number is the run.
INSERT INTO history (task_id, kind, at, by_whom, process)
SELECT :task_id, 'began', :at, :by, :process
WHERE NOT EXISTS (
    SELECT 1 FROM history AS last
    WHERE last.seq = (
        SELECT max(seq) FROM history WHERE task_id = :task_id AND state IS NOT NULL
    ) AND last.state = 'cancelled'
)
RETURNING seq;

-- name: finish
-- The end of a run; the first one stays. Nothing comes back when there is one, or no such run.
INSERT INTO history (task_id, kind, at, by_whom, detail, run, how)
SELECT began.task_id, 'ended', :at, :by, :detail, began.seq, :how
FROM history AS began
WHERE began.seq = :run AND began.kind = 'began'
ON CONFLICT DO NOTHING
RETURNING seq;

-- name: run
-- Whether there is such a run.
SELECT 1 FROM history WHERE seq = :run AND kind = 'began';

-- name: open_runs
-- Runs without an end, oldest first.
SELECT run, task_id, by_whom, process, began_at
FROM task_runs
WHERE how IS NULL
ORDER BY run;

-- name: ask_cancel
-- A person wants a task to be cancelled; not one that is over.
INSERT INTO history (task_id, kind, at, by_whom, detail)
SELECT :task_id, 'cancel_asked', :at, :by, :reason
WHERE NOT EXISTS (
    SELECT 1 FROM history AS last
    WHERE last.seq = (
        SELECT max(seq) FROM history WHERE task_id = :task_id AND state IS NOT NULL
    ) AND last.state IN ('done', 'failed', 'cancelled')
)
RETURNING seq;

-- name: cancel_asked
-- The newest wish to cancel that nothing came of yet.
SELECT detail FROM history
WHERE task_id = :task_id AND kind = 'cancel_asked' AND seq > coalesce((
    SELECT max(seq) FROM history
    WHERE task_id = :task_id
      AND (kind = 'reopened' OR state IN ('done', 'failed', 'cancelled'))
), 0)
ORDER BY seq DESC
LIMIT 1;

-- name: cancelled
-- A task is cancelled, unless it is over.
INSERT INTO history (task_id, kind, at, state, detail)
SELECT :task_id, 'state', :at, 'cancelled', :detail
WHERE NOT EXISTS (
    SELECT 1 FROM history AS last
    WHERE last.seq = (
        SELECT max(seq) FROM history WHERE task_id = :task_id AND state IS NOT NULL
    ) AND last.state IN ('done', 'failed', 'cancelled')
)
RETURNING seq;

-- name: reopen
-- A cancelled task, or one that is to be, goes on from the state in which it was before.
INSERT INTO history (task_id, kind, at, by_whom, state)
SELECT :task_id, 'reopened', :at, :by, coalesce((
    SELECT state FROM history
    WHERE task_id = :task_id AND state <> 'cancelled'
    ORDER BY seq DESC
    LIMIT 1
), 'new')
WHERE EXISTS (
    SELECT 1 FROM history AS asked
    WHERE asked.task_id = :task_id
      AND (asked.kind = 'cancel_asked' OR asked.state = 'cancelled')
      AND asked.seq > coalesce((
          SELECT max(seq) FROM history
          WHERE task_id = :task_id AND (kind = 'reopened' OR state IN ('done', 'failed'))
      ), 0)
)
RETURNING seq;

-- name: answer
-- A person's answer to a question; the first one stays.
INSERT INTO history (task_id, kind, at, by_whom, detail, interrupt_id, answer)
VALUES (:task_id, 'answered', :at, :by, :action, :interrupt_id, :answer)
ON CONFLICT DO NOTHING
RETURNING seq;

-- name: answered
-- The answer to a question, who gave it, and when.
SELECT answer, by_whom, at FROM history
WHERE interrupt_id = :interrupt_id AND kind = 'answered';

-- name: recall
-- An answer that was paid for.
SELECT reply FROM answers WHERE key = :key;

-- name: record
-- Keep an answer; the first one of a key stays.
INSERT INTO answers (key, task_id, reply, at) VALUES (:key, :task_id, :reply, :at)
ON CONFLICT (key) DO NOTHING;

-- name: lose
-- A call whose process died was perhaps billed: what was set aside for it stays, under another key.
UPDATE purse SET key = key || ':lost:' || at WHERE key = :key AND settled = 0;

-- name: reserve
-- Set money aside unless a limit forbids it; one statement, so that no other process comes between
-- the sum and the row. What was settled under the same key already is replaced, and does not count.
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
