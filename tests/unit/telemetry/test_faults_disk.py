"""A disk that fills up under the sidecar: a real one, of three megabytes."""

import contextlib
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatewright.telemetry.queue import Tuning
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import chain, invoke

pytestmark = pytest.mark.slow

IMPATIENT = Tuning(close_s=0.5, interval_s=0.01, backoff_s=(0.01, 0.05))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of three megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(disk)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {done.stderr.strip()}")
    yield disk / "telemetry"
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Leave no byte free; the file that takes the room."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    assert os.statvfs(disk).f_bavail == 0
    return filler


def written(folder: Path) -> Counter[str]:
    """Rows of the tables that a run without models fills, duplicates included."""
    with open_reading(folder) as reading:
        assert reading.unreadable == ()
        return Counter(
            {
                table: len(reading.sql(f"FROM {table}"))
                for table in ("runs", "node_runs", "gate_checks")
            }
        )


def test_what_came_while_it_was_full_is_written_when_there_is_room(small):
    with Sidecar(small, tuning=IMPATIENT) as sidecar:
        invoke(sidecar, chain("before"))
        assert sidecar.flush()
        filler = fill(small.parent)
        for _ in range(5):
            invoke(sidecar, chain("during", "too"))
        assert not sidecar.flush()
        assert written(small) == {"runs": 2, "node_runs": 1, "gate_checks": 0}
        filler.unlink()
        assert sidecar.flush()
        assert sidecar.losses.gone() == 0
    assert written(small) == {"runs": 2 + 10, "node_runs": 1 + 10, "gate_checks": 0}


def test_what_never_finds_room_is_counted(small):
    sidecar = Sidecar(small, tuning=IMPATIENT)
    invoke(sidecar, chain("before"))
    assert sidecar.flush()
    fill(small.parent)
    for _ in range(5):
        invoke(sidecar, chain("during", "too"))
    sidecar.close()
    losses = sidecar.losses
    gone = {table: losses.lost[table] + losses.dropped[table] for table in ("runs", "node_runs")}
    assert gone == {"runs": 10, "node_runs": 10}
    assert written(small) == {"runs": 2, "node_runs": 1, "gate_checks": 0}


def test_a_disk_that_was_full_from_the_start(small):
    small.parent.joinpath("telemetry").mkdir()
    fill(small.parent)
    sidecar = Sidecar(small, tuning=IMPATIENT)
    invoke(sidecar, chain("one"))
    assert not sidecar.flush()
    sidecar.close()
    assert (sidecar.losses.lost["runs"], sidecar.losses.lost["node_runs"]) == (2, 1)


def test_it_fills_up_in_the_middle_of_a_batch(small):
    puts = 0
    with Sidecar(small, tuning=IMPATIENT) as sidecar:
        while sidecar.flush():
            for _ in range(500):
                sidecar.record("gate_checks", {"evidence": {"noise": os.urandom(200).hex()}})
                puts += 1
            assert puts < 50_000
        invoke(sidecar, chain("one"))
    losses = sidecar.losses
    gone = losses.lost + losses.dropped
    found = written(small)
    assert found["gate_checks"] + gone["gate_checks"] == puts
    assert found["node_runs"] + gone["node_runs"] == 1
