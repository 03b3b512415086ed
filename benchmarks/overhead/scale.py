"""How the sidecar bears many runs at once, and many rows."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from gatewright.telemetry.queue import Losses
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.sampling.faults import Faults
from gatewright.telemetry.sampling.host import HostProbe
from gatewright.telemetry.sampling.window import Window
from gatewright.telemetry.sql import schema

NODES_A_RUN = 20
_LIMITS = {"cpu_percent": 90.0, "memory_percent": 90.0, "disk_percent": 95.0}

JOIN = """
SELECT n.node, count(*) AS calls, sum(l.cost) AS usd, sum(l.tokens) AS tokens,
  quantile_cont(n.duration_ms, 0.95) AS p95_ms, sum(n.cpu_ms) AS cpu_ms,
  avg(h.cpu_pct) AS host_cpu, avg(g.gpu_pct) AS gpu
FROM (
  SELECT nr.*, r.host, r.pid FROM node_runs nr
  LEFT JOIN (SELECT trace_id, host, pid FROM runs WHERE status != 'running') r USING (trace_id)
) n
LEFT JOIN (
  SELECT parent_run_id, sum(cost_amount) AS cost, sum(input_tokens + output_tokens) AS tokens
  FROM llm_calls GROUP BY 1
) l ON l.parent_run_id = n.run_id
ASOF LEFT JOIN hardware_samples h
  ON n.host = h.host AND n.pid = h.pid AND n.started_at >= h.ts
ASOF LEFT JOIN (SELECT host, ts, max(gpu_pct) AS gpu_pct FROM gpu_samples GROUP BY ALL) g
  ON n.host = g.host AND n.started_at >= g.ts
WHERE n.kind = 'node' GROUP BY 1 ORDER BY usd DESC
"""
"""Cost and hardware of every node, as facts page section 5 has it."""

# Deterministic, an hour of a busy machine: one run each 72 ms, a sample each 360 ms.
_FILL = """
INSERT INTO runs (trace_id, host, pid, started_at, status, duration_ms)
  SELECT 'trace-' || r, 'host', 1, TIMESTAMP '2026-01-01' + to_microseconds(72000 * r), s, 100
  FROM range($nodes // $a_run) t(r), (VALUES ('running'), ('ok')) v(s);
INSERT INTO node_runs
  (trace_id, run_id, node, kind, started_at, duration_ms, cpu_ms, status, attempt, step)
  SELECT 'trace-' || (i // $a_run), md5(i::varchar)::uuid, 'node-' || (i % $a_run), 'node',
    TIMESTAMP '2026-01-01' + to_microseconds(3600 * i), i % 1000, i % 100, 'ok', 1, i % $a_run
  FROM range($nodes) t(i);
INSERT INTO llm_calls
  (trace_id, run_id, parent_run_id, node, started_at, input_tokens, output_tokens, cost_amount)
  SELECT 'trace-' || (i // $a_run), md5('call' || i)::uuid, md5(i::varchar)::uuid,
    'node-' || (i % $a_run), TIMESTAMP '2026-01-01' + to_microseconds(3600 * i), 1000, 100, 0.001
  FROM range($nodes) t(i) WHERE i % 5 < 2;
INSERT INTO hardware_samples (host, pid, ts, cpu_pct, mem_pct)
  SELECT 'host', 1, TIMESTAMP '2026-01-01' + to_microseconds(360000 * s), s % 100, s % 90
  FROM range($nodes // 100) t(s);
INSERT INTO gpu_samples (host, pid, ts, gpu_index, gpu_uuid, gpu_pct)
  SELECT 'host', 1, TIMESTAMP '2026-01-01' + to_microseconds(360000 * s), 0, 'GPU-0', s % 100
  FROM range($nodes // 100) t(s);
"""


def measure(folder: Path, *, rows: int) -> dict[str, float | int]:
    """Microseconds of CPU for a tick of 1,000 runs and for one sample; seconds for the join over
    so many rows, read as everyone reads them. The best of some tries, and the median."""
    folder.mkdir(parents=True)
    tick, sample, join = _tick(1_000), _sample(folder), _join(folder, rows)
    return {
        "window_tick_us_1000": min(tick),
        "window_tick_us_1000_median": statistics.median(tick),
        "sample_cpu_us": min(sample),
        "sample_cpu_us_median": statistics.median(sample),
        "join_1m_s": min(join),
        "join_1m_s_median": statistics.median(join),
        "join_rows": rows,
    }


def _tick(runs: int) -> list[float]:
    """What one sample costs when so many runs are under way."""
    windows = [Window(_LIMITS) for _ in range(runs)]
    probe = HostProbe(Path("/"), Faults(Losses()))
    samples = iter([probe.glance() for _ in range(50)])

    def tick() -> None:
        host = next(samples)
        for window in windows:
            window.add(host)

    return _cpu_us(tick, times=50)


def _sample(folder: Path) -> list[float]:
    probe = HostProbe(folder, Faults(Losses()))
    return _cpu_us(probe.sample, times=50)


def _cpu_us(work: Callable[[], object], *, times: int) -> list[float]:
    found = []
    for _ in range(times):
        begun = time.thread_time_ns()
        work()
        found.append((time.thread_time_ns() - begun) / 1000)
    return found


def _join(folder: Path, rows: int) -> list[float]:
    with duckdb.connect(str(folder / "telemetry.duckdb")) as connection:
        connection.execute(schema()).fetchall()
        for statement in _FILL.split(";\n"):
            if statement.strip():
                given = {"nodes": rows, "a_run": NODES_A_RUN}
                used = {name: value for name, value in given.items() if f"${name}" in statement}
                connection.execute(statement, used).fetchall()
    found = []
    with open_reading(folder) as reading:
        reading.sql("SET enable_progress_bar = false")
        for _ in range(5):
            begun = time.perf_counter()
            nodes = reading.sql(JOIN)
            found.append(time.perf_counter() - begun)
            if sum(node["calls"] for node in nodes) != rows:
                raise RuntimeError(f"the join found {nodes!r}, not {rows} rows in all")
    return found
