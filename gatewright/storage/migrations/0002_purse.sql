-- Money by call: set aside before it is made, replaced by what it came to. What was never settled
-- (a process that died, a price that is not known) stays counted as it was set aside.
CREATE TABLE purse (
    key TEXT PRIMARY KEY,         -- of the call, as in answers
    task_id TEXT NOT NULL,
    nano_usd INTEGER NOT NULL,    -- billionths of a dollar: sums of them are exact
    settled INTEGER NOT NULL,     -- 1: what it came to; 0: what was set aside
    at TEXT NOT NULL              -- when it was set aside: UTC, ISO 8601
);
CREATE INDEX purse_by_time ON purse (at, nano_usd);
