"""The sidecar fails in every way that it can, and no run notices."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from gatewright.telemetry.queue import Tuning
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import about, chain, config, invoke, rows, single

IMPATIENT = Tuning(close_s=0.5, interval_s=0.01)

# Writes rows `argv[2]` by `argv[2]`, says how many are safe, and waits to be told to go on.
CHILD = """
import pathlib, sys
from gatewright.telemetry.sidecar import Sidecar
sidecar = Sidecar(pathlib.Path(sys.argv[1]))
number = 0
while True:
    for _ in range(int(sys.argv[2])):
        sidecar.record("gate_checks", {"gate": "pytest", "attempt": number % 1000})
        number += 1
    print(number if sidecar.flush() else -1, flush=True)
    if sys.argv[3] == "step" and not sys.stdin.readline():
        break
"""


def child(folder: Path, batch: int, mode: str, **options) -> subprocess.Popen[str]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", CHILD, str(folder), str(batch), mode]
    return subprocess.Popen(command, **pipes, **options)


def ends(process: subprocess.Popen[str], code: int = 0) -> None:
    process.stdin.close()
    process.stdout.read()
    process.stdout.close()
    assert process.wait(20) == code


def test_a_folder_that_cannot_be_made(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    sidecar = Sidecar(tmp_path / "file" / "telemetry", tuning=IMPATIENT)
    invoke(sidecar, chain("one", "two"))
    assert not sidecar.flush()
    sidecar.close()
    assert (sidecar.losses.lost["runs"], sidecar.losses.lost["node_runs"]) == (2, 2)
    assert len([r for r in caplog.records if "cannot be written" in r.message]) == 1


def test_a_disk_that_is_full(folder):
    code = (
        "import resource, sys, pathlib\n"
        "from gatewright.telemetry.sidecar import Sidecar\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "sidecar = Sidecar(folder)\n"
        "sidecar.record('gate_checks', {'gate': 'before'})\n"
        "assert sidecar.flush()\n"
        "_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))\n"
        "sidecar.record('gate_checks', {'gate': 'during'})\n"
        "assert not sidecar.flush()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))\n"
        "assert sidecar.flush()\n"
        "sidecar.close()\n"
        "print(sidecar.losses.lost.total())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, folder], check=False, capture_output=True, text=True
    )
    assert done.stdout == "0\n", done.stderr
    assert sorted(rows(folder, "gate_checks", "gate")) == ["before", "during"]


def test_two_processes_at_once_have_a_file_each(sidecar, folder):
    other = child(folder, 3, "step")
    assert other.stdout.readline() == "3\n"
    invoke(sidecar, chain("here"))
    assert sidecar.flush()
    assert len(rows(folder, "gate_checks", "attempt")) == 1 + 2
    assert rows(folder, "node_runs", "node") == ["here"]
    ends(other)
    names = sorted(file.name for file in folder.glob("*.duckdb"))
    assert names == ["telemetry-1.duckdb", "telemetry.duckdb"]


def test_a_dead_processes_file_is_taken_over(folder, sidecar):
    other = child(folder, 3, "step")
    assert other.stdout.readline() == "3\n"
    other.kill()
    ends(other, -signal.SIGKILL)
    sidecar.record("gate_checks", {"gate": "mine"})
    assert sidecar.flush()
    assert [file.name for file in folder.glob("*.duckdb")] == ["telemetry.duckdb"]
    assert sorted(rows(folder, "gate_checks", "gate")) == ["mine", "pytest", "pytest", "pytest"]


def test_a_reader_that_stays_open_is_gone_around(folder):
    sidecar = Sidecar(folder, tuning=Tuning(patience_s=0.2))
    sidecar.record("gate_checks", {"gate": "first"})
    assert sidecar.flush()
    with duckdb.connect(folder / "telemetry.duckdb", read_only=True):
        sidecar.record("gate_checks", {"gate": "second"})
        assert sidecar.flush()
    assert sorted(rows(folder, "gate_checks", "gate")) == ["first", "second"]


@pytest.mark.parametrize("part", ["telemetry.duckdb", "telemetry.duckdb.wal"])
def test_a_broken_file_is_put_aside(folder, part):
    with Sidecar(folder) as sidecar:
        sidecar.record("gate_checks", {"gate": "before"})
    (folder / part).write_bytes(os.urandom(20_000))
    with Sidecar(folder) as sidecar:
        sidecar.record("gate_checks", {"gate": "after"})
        assert sidecar.flush()
    assert "after" in rows(folder, "gate_checks", "gate")


def test_a_broken_file_is_named_by_the_reader(folder):
    folder.mkdir()
    (folder / "telemetry.duckdb").write_bytes(os.urandom(20_000))
    with open_reading(folder) as reading:
        assert [name.split(":")[0] for name in reading.unreadable] == ["telemetry.duckdb"]


@pytest.mark.slow
def test_a_file_that_another_process_holds_is_gone_around(folder):
    with Sidecar(folder) as sidecar:
        sidecar.record("gate_checks", {"gate": "before"})
    holding = (
        "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", holding, folder / "telemetry.duckdb"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "\n"
    with Sidecar(folder, tuning=Tuning(patience_s=0.2)) as sidecar:
        invoke(sidecar, chain("one", "two"))
        assert sidecar.flush()
        assert sidecar.losses.gone() == 0
        assert sidecar.losses.errors["another process held the file"] == 1
    ends(holder)
    assert rows(folder, "node_runs", "node") == ["one", "two"]
    assert rows(folder, "gate_checks", "gate") == ["before"]


def test_no_signal_handler_is_installed(sidecar):
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    invoke(sidecar, chain("one"))
    assert sidecar.flush()
    assert {number: signal.getsignal(number) for number in signal.valid_signals()} == before


def test_one_handler_may_be_given_to_two_graphs_at_once(sidecar, folder):
    meet = threading.Barrier(2, timeout=20)

    def work(state):
        meet.wait()
        return {"done": ["work"]}

    graph = single(work)
    with sidecar.run(**about()) as run, ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda thread: graph.invoke({}, config(run, thread)), ["t1", "t2"]))
    assert sidecar.flush()
    assert sidecar.losses.gone() == 0
    assert rows(folder, "node_runs", "node", "status") == [("work", "ok")] * 2
    assert rows(folder, "runs", "status") == ["ok"]
