-- A plan's events and attempts are keyed by one number, that of the run times 2^32 and of the event
-- within the run (1, 2, 3, ...): appended at its end, a table is written at three quarters of what
-- it costs to add to a key of two columns.
CREATE TABLE plan_runs_5 (
    number INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    plan_id TEXT NOT NULL,
    plan TEXT NOT NULL,
    plan_path TEXT NOT NULL,
    variables TEXT NOT NULL,
    options TEXT NOT NULL,
    folder TEXT NOT NULL,
    started_by TEXT NOT NULL,
    started_at TEXT NOT NULL,
    status TEXT NOT NULL,
    ended_at TEXT,
    reason TEXT NOT NULL,
    stop_asked TEXT,
    stops INTEGER NOT NULL DEFAULT 0,
    process TEXT
);
INSERT INTO plan_runs_5 (
    run_id, plan_id, plan, plan_path, variables, options, folder, started_by, started_at, status,
    ended_at, reason, stop_asked, stops, process
)
SELECT
    run_id, plan_id, plan, plan_path, variables, options, folder, started_by, started_at, status,
    ended_at, reason, stop_asked, stops, process
FROM plan_runs
ORDER BY started_at, run_id;

CREATE TABLE plan_events_5 (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    event TEXT NOT NULL
);
INSERT INTO plan_events_5 (id, kind, event)
SELECT runs.number * 4294967296 + its.number, its.kind, its.event
FROM plan_events AS its JOIN plan_runs_5 AS runs ON runs.run_id = its.run_id
ORDER BY 1;

CREATE TABLE plan_attempts_5 (
    id INTEGER PRIMARY KEY,       -- of the event that began it
    step TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    token TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    status TEXT,
    exit_code INTEGER,
    signal INTEGER,
    timed_out INTEGER NOT NULL DEFAULT 0,
    duration_s REAL,
    cpu_s REAL,
    max_rss_bytes INTEGER,
    reason TEXT NOT NULL DEFAULT ''
);
INSERT INTO plan_attempts_5 (
    id, step, attempt, token, started_at, ended_at, status, exit_code, signal, timed_out,
    duration_s, cpu_s, max_rss_bytes, reason
)
SELECT
    runs.number * 4294967296 + its.number, its.step, its.attempt, its.token, its.started_at,
    its.ended_at, its.status, its.exit_code, its.signal, its.timed_out, its.duration_s, its.cpu_s,
    its.max_rss_bytes, its.reason
FROM plan_attempts AS its JOIN plan_runs_5 AS runs ON runs.run_id = its.run_id
ORDER BY 1;

DROP TABLE plan_events;
DROP TABLE plan_attempts;
DROP TABLE plan_runs;
ALTER TABLE plan_runs_5 RENAME TO plan_runs;
ALTER TABLE plan_events_5 RENAME TO plan_events;
ALTER TABLE plan_attempts_5 RENAME TO plan_attempts;
CREATE INDEX plan_runs_by_time ON plan_runs (started_at);
