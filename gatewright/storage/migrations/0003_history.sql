-- Who gave a task; empty for those of before this was asked.
ALTER TABLE tasks ADD COLUMN accepted_by TEXT NOT NULL DEFAULT '';

-- Everything that happened to a task after it was accepted, in one order, append-only: a row is
-- never changed and never taken away. The last state is where the task was last seen.
CREATE TABLE history (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id TEXT NOT NULL REFERENCES tasks (id),
    kind TEXT NOT NULL,           -- began, ended, state, cancel_asked, reopened, answered
    at TEXT NOT NULL,             -- UTC, ISO 8601
    by_whom TEXT NOT NULL DEFAULT '',
    state TEXT,                   -- of state and reopened: the state from here on
    detail TEXT NOT NULL DEFAULT '',
    process TEXT,                 -- of began: the process that runs the task, as JSON
    run INTEGER,                  -- of ended: the row in which the run began
    how TEXT,                     -- of ended
    interrupt_id TEXT,            -- of answered
    answer TEXT                   -- of answered: the Answer, as JSON
);
CREATE INDEX history_by_task ON history (task_id, seq);
CREATE INDEX history_runs ON history (seq) WHERE kind = 'began';

-- A run ends once, and a question is answered once, whichever process comes first.
CREATE UNIQUE INDEX history_ends ON history (run) WHERE kind = 'ended';
CREATE UNIQUE INDEX history_answers ON history (interrupt_id) WHERE kind = 'answered';

INSERT INTO history (task_id, kind, at, state, detail)
SELECT task_id, 'state', at, state, detail FROM task_states ORDER BY seq;
DROP TABLE task_states;

-- One process's run of a task, and its end once it has one.
CREATE VIEW task_runs AS
SELECT
    b.seq AS run, b.task_id AS task_id, b.by_whom AS by_whom, b.process AS process,
    b.at AS began_at, e.how AS how, e.detail AS detail, e.at AS ended_at
FROM history AS b
LEFT JOIN history AS e ON e.run = b.seq AND e.kind = 'ended'
WHERE b.kind = 'began';

-- A task as it stands: the state in which it was last seen, how many runs it had, since when it is
-- in that state, and when a person last answered.
CREATE VIEW entries AS
SELECT
    t.id AS id, t.task AS task, t.base_commit AS base_commit, t.accepted_at AS accepted_at,
    t.accepted_by AS accepted_by, s.state AS state, s.detail AS detail, s.at AS seen_at,
    (SELECT count(*) FROM history WHERE task_id = t.id AND kind = 'began') AS runs,
    (
        SELECT min(at) FROM history
        WHERE task_id = t.id AND state = s.state AND seq > coalesce((
            SELECT max(seq) FROM history WHERE task_id = t.id AND state <> s.state
        ), 0)
    ) AS since,
    (SELECT max(at) FROM history WHERE task_id = t.id AND kind = 'answered') AS answered_at
FROM tasks AS t
LEFT JOIN history AS s
  ON s.seq = (SELECT max(seq) FROM history WHERE task_id = t.id AND state IS NOT NULL);
