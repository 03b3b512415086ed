"""A folder of telemetry as runs would have left it, row by row, and a process that writes one."""

import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from gatewright.telemetry.sql import schema

T0 = datetime(2026, 3, 1, 12)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


class Telemetry:
    """Writes rows into `<folder>/telemetry.duckdb`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "telemetry.duckdb"

    def add(self, table: str, *rows: Mapping[str, Any]) -> None:
        with duckdb.connect(self._path) as connection:
            connection.execute(schema()).fetchall()
            for row in rows:
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" * len(row))
                connection.execute(
                    f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values())
                ).fetchall()


def run(trace: str = "a" * 32, task: str = "t1", begin: float = 0, **more: Any) -> dict[str, Any]:
    about = {"trace_id": trace, "task_id": task, "risk": "low", "area": "core"}
    where = {"host": "h", "pid": 7, "started_at": at(begin), "interval_s": 5.0}
    ended = {"ended_at": at(begin + 60), "duration_ms": 60_000.0, "status": "ok"}
    return {**about, **where, **ended, "outcome": "done", **more}


def node(name: str, begin: float, seconds: float = 1, **more: Any) -> dict[str, Any]:
    who = {"trace_id": "a" * 32, "run_id": uuid.uuid4(), "node": name, "path": name}
    when = {"started_at": at(begin), "duration_ms": seconds * 1000}
    return {**who, **when, "kind": "node", "attempt": 1, "status": "ok", **more}


def call(of: Mapping[str, Any], cost: str | None = "0.5", **more: Any) -> dict[str, Any]:
    who = {"trace_id": of["trace_id"], "run_id": uuid.uuid4(), "parent_run_id": of["run_id"]}
    what = {"node": of["node"], "provider_name": "openai", "request_model": "gpt-5-mini"}
    took = {"started_at": of["started_at"], "duration_ms": 200.0, "status": "ok"}
    return {
        **who,
        **what,
        **took,
        "input_tokens": 10,
        "output_tokens": 5,
        "cost_amount": cost,
    } | more


def sample(seconds: float, cpu: float, **more: Any) -> dict[str, Any]:
    return {"host": "h", "pid": 7, "ts": at(seconds), "cpu_pct": cpu, "mem_pct": 50.0} | more


def gpu(seconds: float, busy: float, index: int = 0, **more: Any) -> dict[str, Any]:
    which = {"gpu_index": index, "gpu_uuid": f"GPU-{index}", "gpu_pct": busy}
    return {"host": "h", "pid": 7, "ts": at(seconds), **which} | more


_WRITER = """
import sys
from pathlib import Path
from gatewright.telemetry.queue import Tuning
from gatewright.telemetry.sidecar import Sidecar

with Sidecar(Path(sys.argv[1]), tuning=Tuning(interval_s=0.05)) as sidecar:
    number = 0
    with sidecar.run(trace_id="b" * 32, task_id="writing", conversation_id="writing") as run:
        while True:
            run.put("gate_checks", {"gate": "pytest", "status": "passed", "attempt": number % 100})
            number += 1
            if number % 50 == 0:
                sidecar.flush()
                print(number, flush=True)
                if not sys.stdin.readline():
                    break
"""


@contextmanager
def writing(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process of its own that has written 50 rows, and writes 50 more for every line it gets."""
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "50\n"
        yield process
    finally:
        process.communicate(timeout=20)
