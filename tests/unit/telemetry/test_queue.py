"""The bounded queue."""

from hypothesis import given
from hypothesis import strategies as st

from gatewright.telemetry.queue import PRIORITY, Losses, Row, RowQueue, Tuning
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import chain, invoke, rows, single

tables = st.sampled_from(["node_runs", "gate_checks", "telemetry_health"])
steps = st.lists(st.one_of(tables, st.integers(0, 8)), max_size=60)


@given(steps=steps, capacity=st.integers(1, 12), reserve=st.integers(0, 12))
def test_rows_are_taken_in_order_or_counted(steps, capacity, reserve):
    losses = Losses()
    queue = RowQueue(Tuning(capacity=capacity, reserve=reserve), losses)
    held: list[int] = []
    taken: list[int] = []
    refused = 0
    for number, step in enumerate(steps):
        if isinstance(step, int):
            taken += [row.values["n"] for row in queue.take(step)]
        elif queue.put(Row(step, {"n": number})):
            held.append(number)
        else:
            refused += 1
        assert len(queue) <= capacity
    taken += [row.values["n"] for row in queue.take(len(queue))]
    assert taken == held
    assert losses.dropped.total() == refused


@given(st.lists(tables, max_size=40), st.integers(0, 10))
def test_the_reserve_is_for_what_a_run_did(puts, reserve):
    queue = RowQueue(Tuning(capacity=10, reserve=reserve), Losses())
    for table in puts:
        before = len(queue)
        room = 10 if table in PRIORITY else 10 - reserve
        assert queue.put(Row(table, {})) == (before < room)


def test_a_full_queue_is_counted_and_the_run_does_not_notice(folder):
    # The batch is larger than the queue and the interval longer than the test: nothing is written.
    # The reserve is all of it: no place for samples of the machine.
    tuning = Tuning(capacity=3, reserve=3, batch_rows=100, interval_s=60)
    with Sidecar(folder, tuning=tuning) as sidecar:
        invoke(sidecar, chain("a", "b", "c", "d"))
        dropped = sidecar.losses.dropped
        assert (dropped["node_runs"], dropped["runs"]) == (2, 1)
    assert rows(folder, "node_runs", "node") == ["a", "b"]


def test_what_a_run_lost_stands_in_its_row(folder):
    # The reserve is all of it: no place for samples of the machine.
    tuning = Tuning(capacity=3, reserve=3, batch_rows=100, interval_s=60)

    with Sidecar(folder, tuning=tuning) as sidecar:

        def work(state):
            for number in range(10):
                sidecar.record("gate_checks", {"attempt": number})
            sidecar.flush()

        invoke(sidecar, single(work))
    assert rows(folder, "runs", "dropped_events") == [8]
    assert sorted(rows(folder, "gate_checks", "attempt")) == [0, 1]
