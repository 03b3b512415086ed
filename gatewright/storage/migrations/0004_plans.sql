-- A run of a plan file as it stands; its events say how it came to that.
CREATE TABLE plan_runs (
    run_id TEXT PRIMARY KEY,
    plan_id TEXT NOT NULL,
    plan TEXT NOT NULL,           -- the plan file with its variables unbound, as JSON
    plan_path TEXT NOT NULL,
    variables TEXT NOT NULL,      -- as given, without secret ones, as JSON
    options TEXT NOT NULL,        -- as JSON
    folder TEXT NOT NULL,         -- where relative paths of the plan begin
    started_by TEXT NOT NULL,     -- user@host
    started_at TEXT NOT NULL,     -- UTC, ISO 8601
    status TEXT NOT NULL,         -- as the last event leaves it; running, and its process is gone:
                                  -- it was interrupted
    ended_at TEXT,
    reason TEXT NOT NULL,
    stop_asked TEXT,              -- somebody wants it to be cancelled: the reason, perhaps empty
    stops INTEGER NOT NULL DEFAULT 0,  -- how often somebody said so since it was last taken up
    process TEXT                  -- who runs it, as JSON; NULL: nobody
);
CREATE INDEX plan_runs_by_time ON plan_runs (started_at);

-- What happened, append-only: each row is one line of the run's events.jsonl, which is written
-- after it.
CREATE TABLE plan_events (
    run_id TEXT NOT NULL REFERENCES plan_runs (run_id),
    number INTEGER NOT NULL,      -- 1, 2, 3, ... within the run
    kind TEXT NOT NULL,
    event TEXT NOT NULL,          -- as JSON
    PRIMARY KEY (run_id, number)
) WITHOUT ROWID;

-- An attempt of a step: there before it is started, and ended after it has ended. Without ended_at
-- it runs, or its process died.
CREATE TABLE plan_attempts (
    run_id TEXT NOT NULL REFERENCES plan_runs (run_id),
    number INTEGER NOT NULL,      -- of the event that began it
    step TEXT NOT NULL,
    attempt INTEGER NOT NULL,     -- 1-based, over all processes that ran the run
    token TEXT NOT NULL,          -- what its processes carry in their environment
    started_at TEXT NOT NULL,
    ended_at TEXT,
    status TEXT,
    exit_code INTEGER,
    signal INTEGER,
    timed_out INTEGER NOT NULL DEFAULT 0,
    duration_s REAL,
    cpu_s REAL,
    max_rss_bytes INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, number)
) WITHOUT ROWID;

-- The digest of command and inputs of a step's last success, for those that name their inputs.
CREATE TABLE plan_keys (
    plan_id TEXT NOT NULL,
    folder TEXT NOT NULL,
    step TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (plan_id, folder, step)
) WITHOUT ROWID;
