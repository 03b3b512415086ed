"""Somebody ends the writer's thread, or stalls it."""

import ctypes
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gatewright.telemetry.queue import Row, Tuning
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import chain, invoke, rows, single, writers
from tests.unit.telemetry.waiting import Told, until

QUICK = Tuning(interval_s=0.01, backoff_s=(0.01, 0.05))


class Stall:
    """A `prepare` in which the writer waits for us."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go = threading.Event()

    def __call__(self, rows: list[Row]) -> list[Row]:
        self.reached.set()
        assert self.go.wait(20)
        return rows


class Dies(logging.Handler):
    """Ends the thread that logs."""

    def emit(self, record: logging.LogRecord) -> None:
        raise SystemExit


class Bomb:
    """Ends the thread that looks at it."""

    def __str__(self) -> str:
        raise SystemExit


def kill(thread: threading.Thread) -> None:
    """Its next instruction raises SystemExit."""
    ident, error = ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
    assert ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, error) == 1


# It may be killed while it looks through a folder, once a day, and lets go of that later.
@pytest.mark.filterwarnings("ignore:unclosed scandir")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_killed_while_it_sleeps(folder):
    with Sidecar(folder, tuning=QUICK) as sidecar:
        invoke(sidecar, chain("before"))
        assert sidecar.flush()
        kill(writers()[-1])
        invoke(sidecar, chain("after"))
        until(lambda: sidecar.losses.errors["writer died"] == 1)
        assert sidecar.flush()
        assert sidecar.losses.gone() == 0
    assert rows(folder, "node_runs", "node") == ["before", "after"]


def test_killed_with_rows_in_hand(folder):
    stall = Stall()
    with Sidecar(folder, tuning=QUICK, prepare=stall) as sidecar:
        sidecar.record("gate_checks", {"gate": "in hand"})
        assert stall.reached.wait(20)
        kill(writers()[-1])
        stall.go.set()
        invoke(sidecar, chain("one"))
        assert sidecar.flush()
        assert sidecar.losses.errors == {"writer died": 1}
        assert sidecar.losses.gone() == 0
        with open_reading(folder) as reading:
            assert len(reading.sql("FROM gate_checks")) == 1
    assert rows(folder, "node_runs", "node") == ["one"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_killed_for_good(folder):
    log = logging.getLogger("gatewright.telemetry.writer")
    dies = Dies()
    with Sidecar(folder, tuning=QUICK) as sidecar:
        invoke(sidecar, chain("before"))
        thread = writers()[-1]
        log.addHandler(dies)
        try:
            kill(thread)
            sidecar.record("gate_checks", {"gate": "meanwhile"})
            thread.join(20)
        finally:
            log.removeHandler(dies)
        assert not thread.is_alive()
        invoke(sidecar, chain("after"))
        assert sidecar.flush()
        assert sidecar.losses.errors["writer died"] >= 1
        assert sidecar.losses.gone() == 0
    assert rows(folder, "node_runs", "node") == ["before", "after"]
    assert rows(folder, "gate_checks", "gate") == ["meanwhile"]


def test_a_value_that_ends_it_costs_its_row_alone(folder):
    told = Told()
    with Sidecar(folder, tuning=QUICK, sinks=[told]) as sidecar:

        def work(state):
            for gate, evidence in (("a", {}), ("b", {"what": Bomb()}), ("c", {})):
                sidecar.record("gate_checks", {"gate": gate, "evidence": evidence})

        invoke(sidecar, single(work))
        until(lambda: {"a", "c"} <= {row.values.get("gate") for row in told.rows})
        assert sidecar.flush()
        assert sidecar.losses.lost == {"gate_checks": 1}
        assert sidecar.losses.errors == {"writer died": 1, "gate_checks: SystemExit": 1}
    assert sorted(rows(folder, "gate_checks", "gate")) == ["a", "c"]
    assert rows(folder, "runs", "status") == ["ok"]


def test_a_flood_is_counted_to_the_row_and_keeps_what_runs_did(folder):
    runs, each = 20, 1_000
    tuning = Tuning(capacity=600, reserve=200, batch_rows=100, interval_s=0.01)
    stall = Stall()
    with Sidecar(folder, tuning=tuning, prepare=stall) as sidecar:

        def work(state):
            for number in range(each):
                sidecar.record("events", {"name": str(number)})

        sidecar.record("events", {"name": "the first"})
        assert stall.reached.wait(20)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: invoke(sidecar, single(work)), range(runs)))
        stall.go.set()
        assert sidecar.flush()
        losses = sidecar.losses
    dropped = losses.dropped["events"]
    with open_reading(folder) as reading:
        [found] = reading.sql("SELECT count(*) AS events FROM events")
        ended = reading.sql("SELECT status, dropped_events FROM v_runs")
    assert dropped > 0
    assert found["events"] + dropped + losses.lost["events"] == runs * each + 1
    assert [row["status"] for row in ended] == ["ok"] * runs
    assert sum(row["dropped_events"] for row in ended) == dropped
    assert len(rows(folder, "node_runs")) == runs
    [health] = rows(folder, "telemetry_health", "dropped")
    assert f'"events":{dropped}' in health.replace(" ", "")
