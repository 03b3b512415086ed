"""A write-ahead log that a crash or a bad disk left damaged."""

import subprocess
import sys
from pathlib import Path

import pytest

from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import chain, invoke, rows

BATCHES = 20

# Writes one row at a time and never closes the file: all of them are in its log then.
CRASHES = """
import os, pathlib, sys, threading
from gatewright.telemetry.queue import Tuning
from gatewright.telemetry.sidecar import Sidecar
told = threading.Semaphore(0)
sidecar = Sidecar(
    pathlib.Path(sys.argv[1]),
    tuning=Tuning(batch_rows=1, interval_s=60),
    sinks=[lambda rows: told.release()],
)
for number in range(int(sys.argv[2])):
    sidecar.record("gate_checks", {"gate": "pytest", "attempt": number})
    told.acquire()
os._exit(0)
"""


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A database and its log, as a process left them that ended without a word."""
    folder = tmp_path_factory.mktemp("crashed")
    subprocess.run([sys.executable, "-c", CRASHES, folder, str(BATCHES)], check=True)
    file = folder / "telemetry.duckdb"
    return file.read_bytes(), file.with_name(f"{file.name}.wal").read_bytes()


def left(folder: Path, database: bytes, log: bytes) -> None:
    folder.mkdir()
    (folder / "telemetry.duckdb").write_bytes(database)
    (folder / "telemetry.duckdb.wal").write_bytes(log)


def test_a_log_that_is_whole_loses_nothing(folder, crashed):
    left(folder, *crashed)
    with Sidecar(folder) as sidecar:
        invoke(sidecar, chain("after"))
    assert sorted(rows(folder, "gate_checks", "attempt")) == list(range(BATCHES))


@pytest.mark.parametrize("cut", [1, 7, 100, "half"])
def test_a_torn_log_loses_only_what_was_torn_off(folder, crashed, cut):
    database, log = crashed
    kept = len(log) // 2 if cut == "half" else len(log) - cut
    left(folder, database, log[:kept])
    with Sidecar(folder) as sidecar:
        invoke(sidecar, chain("after"))
        assert sidecar.flush()
        assert (sidecar.losses.gone(), sidecar.losses.errors) == (0, {})
    attempts = sorted(rows(folder, "gate_checks", "attempt"))
    assert attempts == list(range(len(attempts)))
    assert len(attempts) >= (BATCHES // 2 - 2 if cut == "half" else BATCHES - 1)
    assert rows(folder, "node_runs", "node") == ["after"]
    assert [file.name for file in folder.glob("*.corrupt-*")] == []


def test_a_corrupt_log_is_put_aside_and_counted(folder, crashed, caplog):
    database, log = crashed
    middle = len(log) // 2
    left(folder, database, log[:middle] + bytes(range(200, 216)) + log[middle + 16 :])
    with Sidecar(folder) as sidecar:
        invoke(sidecar, chain("after"))
        assert sidecar.flush()
        assert sidecar.losses.gone() == 0
        assert sidecar.losses.errors == {"broken file put aside": 1}
    assert rows(folder, "node_runs", "node") == ["after"]
    aside = sorted(file.name.split("-")[0] for file in folder.glob("*.corrupt-*"))
    assert aside == ["telemetry.duckdb.corrupt", "telemetry.duckdb.wal.corrupt"]
    assert "renamed" in caplog.text
