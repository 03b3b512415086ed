-- A task as it was accepted; never changed afterwards. A raised budget is in the run's state.
CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    task TEXT NOT NULL,           -- the Task, as JSON
    digest TEXT NOT NULL,         -- without budget and priority: the same id must mean the same task
    base_commit TEXT NOT NULL,
    accepted_at TEXT NOT NULL     -- UTC, ISO 8601
);

-- What happened to it, append-only; the last row is where it was last seen.
CREATE TABLE task_states (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id TEXT NOT NULL REFERENCES tasks (id),
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX task_states_by_task ON task_states (task_id, seq);

-- Answers of models that were paid for; the key is the graph's task id and the call's number.
CREATE TABLE answers (
    key TEXT PRIMARY KEY,
    task_id TEXT NOT NULL,
    reply TEXT NOT NULL,          -- the Reply, as JSON
    at TEXT NOT NULL
);
