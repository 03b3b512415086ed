"""How sidecars end: closed by one of several users, forgotten, or with their process."""

import gc
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from gatewright.app import Gatewright
from gatewright.sidecars import open_sidecar
from gatewright.telemetry.queue import Tuning
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import rows, writers
from tests.unit.telemetry.waiting import Told

pytestmark = pytest.mark.slow

BEGIN = """
import pathlib, sys, threading
from gatewright.telemetry.queue import Tuning
from gatewright.telemetry.sidecar import Sidecar
sidecar = Sidecar(pathlib.Path(sys.argv[1]), tuning=Tuning(interval_s=600))
"""

LATE = """
class Late(str):
    reached, go = threading.Event(), threading.Event()
    def __hash__(self):
        self.reached.set()
        assert self.go.wait(20)
        return str.__hash__(self)
"""

RACING = f"""
{BEGIN}
{LATE}
sidecar.record("gate_checks", {{"gate": "early"}})
thread = threading.Thread(target=sidecar.record, args=(Late("gate_checks"), {{"gate": "late"}}))
thread.start()
assert Late.reached.wait(20)
sidecar.close()
Late.go.set()
thread.join()
"""

AGAIN = f"""
{BEGIN}
sidecar.record("gate_checks", {{"gate": "early"}})
sidecar.close()
sidecar.record("gate_checks", {{"gate": "late"}})
"""

IN_A_RUN = f"""
{BEGIN}
sidecar.record("gate_checks", {{"gate": "early"}})
run = sidecar.run(trace_id="a" * 32, conversation_id="t1")
run.__enter__()
sidecar.close()
sidecar.record("gate_checks", {{"gate": "late"}})
"""

FORGOTTEN = f"""
{BEGIN}
sidecar.record("gate_checks", {{"gate": "early"}})
sidecar.record("gate_checks", {{"gate": "late"}})
del sidecar
"""

FINALIZED = f"""
{BEGIN}
class Last:
    def __init__(self, sidecar):
        self.sidecar = sidecar
    def __del__(self):
        self.sidecar.record("gate_checks", {{"gate": "too late"}})
        print("said")
sidecar.record("gate_checks", {{"gate": "early"}})
sidecar.flush()
unused = Sidecar(pathlib.Path(sys.argv[1]) / "another")
last = Last(unused)
del unused
"""


class Late(str):
    """A table's name that is not looked up before it may: a put stops half way there."""

    def __new__(cls, name: str) -> "Late":
        late = super().__new__(cls, name)
        late.reached, late.go = threading.Event(), threading.Event()
        return late

    reached: threading.Event
    go: threading.Event

    def __hash__(self) -> int:
        self.reached.set()
        assert self.go.wait(20)
        return super().__hash__()


def process(code: str, folder: Path) -> str:
    """What a process that ends in time says."""
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=40)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("code", [RACING, AGAIN, IN_A_RUN, FORGOTTEN])
def test_a_process_ends_and_loses_nothing(folder, code):
    process(code, folder)
    assert sorted(rows(folder, "gate_checks", "gate")) == ["early", "late"]


def test_a_process_ends_whoever_records_in_its_last_moments(folder):
    assert process(FINALIZED, folder) == "said\n"
    assert rows(folder, "gate_checks", "gate") == ["early"]


def test_a_row_that_comes_while_it_is_closed_is_written(folder):
    told = Told()
    sidecar = Sidecar(folder, tuning=Tuning(interval_s=0.05), sinks=[told])
    sidecar.record("gate_checks", {"gate": "early"})
    table = Late("gate_checks")
    thread = threading.Thread(target=sidecar.record, args=(table, {"gate": "late"}))
    thread.start()
    assert table.reached.wait(20)
    sidecar.close()
    table.go.set()
    told.wait(2)
    thread.join()
    sidecar.close()
    assert sidecar.losses.gone() == 0


@pytest.mark.parametrize("written", [False, True])
def test_what_is_forgotten_ends_its_thread(folder, written):
    before = set(writers())
    sidecar = Sidecar(folder, tuning=Tuning(interval_s=600))
    sidecar.record("gate_checks", {"gate": "one"})
    [thread] = set(writers()) - before
    assert not written or sidecar.flush()
    del sidecar
    gc.collect()
    thread.join(20)
    assert not thread.is_alive()
    assert rows(folder, "gate_checks", "gate") == ["one"]


def test_it_may_be_forgotten_in_the_writers_own_thread(folder):
    """A garbage collection may come there in the midst of waiting, where a lock is held."""
    held = [Sidecar(folder, tuning=Tuning(interval_s=0.05))]

    def drop(frame: FrameType, event: str, _: Any) -> None:
        inside = frame.f_back.f_code.co_name if frame.f_back else ""
        if (event, frame.f_code.co_name, inside) == ("call", "__exit__", "clear"):
            held.clear()

    before = set(writers())
    threading.setprofile(drop)
    try:
        held[0].record("gate_checks", {"gate": "pytest"})
    finally:
        threading.setprofile(None)
    [thread] = set(writers()) - before
    thread.join(20)
    assert not thread.is_alive()
    assert held == []
    assert rows(folder, "gate_checks", "gate") == ["pytest"]


def test_the_last_user_closes(tmp_path):
    first, second = Gatewright(home=tmp_path), Gatewright(home=tmp_path)
    before = set(writers())
    sidecar = open_sidecar(first.settings)
    sidecar.record("gate_checks", {"gate": "pytest"})
    [thread] = set(writers()) - before
    first.close()
    first.close()
    assert thread.is_alive()
    assert rows(tmp_path / "telemetry", "gate_checks", "gate") == ["pytest"]
    second.close()
    assert not thread.is_alive()


def test_a_user_that_was_forgotten_keeps_nothing_open(tmp_path):
    before = set(writers())
    first, second = Gatewright(home=tmp_path), Gatewright(home=tmp_path)
    open_sidecar(first.settings).record("gate_checks", {"gate": "pytest"})
    [thread] = set(writers()) - before
    del second
    gc.collect()
    first.close()
    assert not thread.is_alive()
