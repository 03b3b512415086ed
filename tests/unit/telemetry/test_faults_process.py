"""Processes that end, or split, with the sidecar's file open."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gatewright.telemetry.reader import open_reading
from tests.unit.telemetry.graphs import rows

pytestmark = pytest.mark.slow

# Writes batches of ten for ever, and says how many rows are safe: what its sink was told.
FOR_EVER = """
import pathlib, sys, threading
from gatewright.telemetry.queue import Tuning
from gatewright.telemetry.sidecar import Sidecar
told = threading.Semaphore(0)
safe = 0
def sink(rows):
    global safe
    safe += len(rows)
    print(safe, flush=True)
    told.release()
sidecar = Sidecar(
    pathlib.Path(sys.argv[1]), tuning=Tuning(batch_rows=10, interval_s=60), sinks=[sink]
)
number = 0
while True:
    for _ in range(10):
        sidecar.record("gate_checks", {"gate": sys.argv[2], "attempt": number})
        number += 1
    told.acquire()
"""

EXITS = """
import pathlib, signal, sys
from gatewright.telemetry.queue import Tuning
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import chain, invoke
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
sidecar = Sidecar(pathlib.Path(sys.argv[1]), tuning=Tuning(interval_s=600))
for _ in range(20):
    invoke(sidecar, chain("a", "b", "c", "d"))
print("ready", flush=True)
signal.pause()
"""

# Twelve children, all of which end as programs do: what they inherited is finalised.
FORKS = """
import gc, os, pathlib, sys, threading
from gatewright.telemetry.queue import Tuning
from gatewright.telemetry.sidecar import Sidecar
told = threading.Semaphore(0)
sidecar = Sidecar(
    pathlib.Path(sys.argv[1]),
    tuning=Tuning(batch_rows=1, interval_s=60),
    sinks=[lambda rows: told.release()],
)
ends = []
for number in range(12):
    sidecar.record("gate_checks", {"gate": "parent", "attempt": number})
    told.acquire()
    pid = os.fork()
    if pid == 0:
        gc.collect()
        if number % 3:
            sidecar.record("gate_checks", {"gate": "child", "attempt": number})
            assert sidecar.flush()
        if number % 2:
            sidecar.close()
        del sidecar
        gc.collect()
        sys.exit(0)
    ends.append(os.waitpid(pid, 0)[1])
sidecar.record("gate_checks", {"gate": "parent", "attempt": 12})
assert sidecar.flush()
assert sidecar.losses.gone() == 0 and not sidecar.losses.errors, sidecar.losses.errors
print(ends)
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_kill_9_loses_nothing_that_was_acknowledged(folder):
    acknowledged: dict[str, int] = {}
    for turn, batches in enumerate((1, 7, 40)):
        child = start(FOR_EVER, folder, turn)
        for _ in range(batches):
            assert child.stdout.readline()
        child.kill()
        last = [line for line in child.stdout if line.endswith("\n")]
        acknowledged[str(turn)] = int(last[-1]) if last else batches * 10
        child.stdout.close()
        assert child.wait(20) == -signal.SIGKILL
    with open_reading(folder) as reading:
        durable = {
            row["gate"]: row["n"]
            for row in reading.sql("SELECT gate, count(*) AS n FROM gate_checks GROUP BY gate")
        }
        partial = reading.sql(
            "SELECT gate FROM gate_checks GROUP BY gate HAVING max(attempt) + 1 <> count(*)"
        )
        assert reading.unreadable == ()
    for turn, safe in acknowledged.items():
        assert safe <= durable[turn] <= safe + 10
    assert partial == []
    assert [file.name for file in folder.glob("*.duckdb")] == ["telemetry.duckdb"]


def test_sigterm_with_a_handler_that_exits_loses_nothing(folder):
    child = start(EXITS, folder)
    assert child.stdout.readline() == "ready\n"
    child.terminate()
    child.stdout.close()
    assert child.wait(20) == 3
    assert rows(folder, "runs", "status") == ["ok"] * 20
    assert len(rows(folder, "node_runs")) == 80


def test_forked_children_are_fine_and_so_is_their_parent(folder: Path):
    parent = start(FORKS, folder)
    said = parent.stdout.read()
    parent.stdout.close()
    assert parent.wait(20) == 0
    assert said == f"{[0] * 12}\n"
    checks = rows(folder, "gate_checks", "gate", "attempt")
    assert sorted(attempt for gate, attempt in checks if gate == "parent") == list(range(13))
    assert sorted(attempt for gate, attempt in checks if gate == "child") == [
        number for number in range(12) if number % 3
    ]
