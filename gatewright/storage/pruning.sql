-- What housekeeping asks of the databases. `checkpoints` and `writes` are LangGraph's tables.

-- name: threads
-- Checkpoints of each thread, over all its namespaces.
SELECT thread_id, count(*) FROM checkpoints GROUP BY thread_id;

-- name: older
-- The checkpoints of a thread that a newer one of the same namespace has taken the place of.
SELECT checkpoint_ns, checkpoint_id, type, checkpoint
FROM checkpoints AS old
WHERE thread_id = :thread_id AND checkpoint_id < (
    SELECT max(checkpoint_id) FROM checkpoints
    WHERE thread_id = :thread_id AND checkpoint_ns = old.checkpoint_ns
);

-- name: rewrite
-- A checkpoint with less in it.
UPDATE checkpoints SET type = :type, checkpoint = :checkpoint
WHERE thread_id = :thread_id AND checkpoint_ns = :ns AND checkpoint_id = :id;

-- name: older_writes
-- What nodes wrote before checkpoints that are not the last of their namespace.
SELECT count(*), coalesce(sum(length(value)), 0)
FROM writes AS old
WHERE thread_id = :thread_id AND checkpoint_id < (
    SELECT max(checkpoint_id) FROM checkpoints
    WHERE thread_id = :thread_id AND checkpoint_ns = old.checkpoint_ns
);

-- name: forget_older_writes
DELETE FROM writes
WHERE thread_id = :thread_id AND checkpoint_id < (
    SELECT max(checkpoint_id) FROM checkpoints
    WHERE thread_id = :thread_id AND checkpoint_ns = writes.checkpoint_ns
);

-- name: all_but_last
-- Every checkpoint of a thread but the last of its root namespace.
SELECT count(*), coalesce(sum(length(checkpoint)), 0)
FROM checkpoints
WHERE thread_id = :thread_id AND NOT (checkpoint_ns = '' AND checkpoint_id = (
    SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = :thread_id AND checkpoint_ns = ''
));

-- name: writes_of_others
-- What nodes wrote before any checkpoint but the last of the root namespace.
SELECT count(*), coalesce(sum(length(value)), 0)
FROM writes
WHERE thread_id = :thread_id AND NOT (checkpoint_ns = '' AND checkpoint_id = (
    SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = :thread_id AND checkpoint_ns = ''
));

-- name: forget_writes_of_others
DELETE FROM writes
WHERE thread_id = :thread_id AND NOT (checkpoint_ns = '' AND checkpoint_id = (
    SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = :thread_id AND checkpoint_ns = ''
));

-- name: forget_all_but_last
DELETE FROM checkpoints
WHERE thread_id = :thread_id AND NOT (checkpoint_ns = '' AND checkpoint_id = (
    SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = :thread_id AND checkpoint_ns = ''
));

-- name: answered
-- Answers of models that are kept, by task.
SELECT task_id, count(*), sum(length(reply)) FROM answers GROUP BY task_id;

-- name: forget_answers
DELETE FROM answers WHERE task_id = :task_id;

-- name: old_money
-- Rows of the purse by task and month, but those that are such a sum already.
SELECT task_id, substr(at, 1, 7), settled, count(*), sum(nano_usd), min(at), max(at)
FROM purse
WHERE at < :before AND key NOT LIKE 'sum/%'
GROUP BY task_id, substr(at, 1, 7), settled
HAVING count(*) > 1;

-- name: add_sum
INSERT INTO purse (key, task_id, nano_usd, settled, at)
VALUES (:key, :task_id, :nano_usd, :settled, :first)
ON CONFLICT (key) DO UPDATE SET nano_usd = purse.nano_usd + excluded.nano_usd;

-- name: forget_summed
DELETE FROM purse
WHERE at BETWEEN :first AND :last AND task_id = :task_id AND settled = :settled
  AND key NOT LIKE 'sum/%';
