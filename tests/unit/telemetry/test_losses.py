"""What did not reach the database is counted, in little memory, and keeps nothing else alive."""

import gc
import uuid
import weakref
from pathlib import Path

from gatewright.settings import load_settings
from gatewright.sidecars import open_sidecar
from gatewright.telemetry.queue import Losses, Row
from tests.unit.telemetry.graphs import chain, invoke, rows
from tests.unit.telemetry.otlp_receiver import receiving

MOST = 10_000


def lose(losses: Losses, *traces: str) -> None:
    losses.lose(Row("events", {"trace_id": trace}) for trace in traces)


def others(count: int) -> list[str]:
    return [f"other {number}" for number in range(count)]


def test_a_known_trace_is_counted_on_however_many_lost_some() -> None:
    losses = Losses()
    lose(losses, *others(MOST - 1), "ours", "ours")
    lose(losses, "ours")
    assert losses.lost_of("ours") == 3


def test_the_trace_that_comes_after_ten_thousand_is_counted() -> None:
    losses = Losses()
    lose(losses, *others(MOST), "ours")
    assert losses.lost_of("ours") == 1


def test_a_trace_that_goes_on_losing_stays_while_older_ones_are_forgotten() -> None:
    losses = Losses()
    lose(losses, "ours", *others(MOST - 1), "ours", "one too many")
    assert (losses.lost_of("ours"), losses.lost_of("other 0")) == (2, 0)


def test_rows_of_no_trace_are_counted_by_table_alone() -> None:
    losses = Losses()
    losses.lose([Row("hardware_samples", {}), Row("events", {"trace_id": "ours"})])
    assert losses.lost == {"hardware_samples": 1, "events": 1}


def test_a_sidecar_that_exports_is_forgotten_by_its_writer(own_home: Path) -> None:
    with receiving() as receiver:
        settings = load_settings(telemetry={"otlp_endpoint": receiver.url})
        sidecar = open_sidecar(settings)
        trace = invoke(sidecar, chain("one"))
        assert sidecar.flush()
        living = weakref.ref(sidecar)
        del sidecar
        gc.collect()
        assert living() is None
        assert receiver.wait_for(lambda: bool(receiver.spans))
    assert uuid.UUID(trace)
    assert rows(own_home / "telemetry", "runs", "status") == ["ok"]
