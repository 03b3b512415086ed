"""`Sidecar.record`: the port that nodes know."""

import threading
from datetime import UTC, datetime, timedelta, timezone

from gatewright.telemetry.reader import open_reading
from tests.unit.telemetry.graphs import State, about, ainvoke, invoke, parallel, rows, single


def test_a_row_gets_its_run_and_its_node(sidecar, folder):
    graph = single(lambda state: sidecar.record("gate_checks", {"gate": "pytest"}))
    trace_id = invoke(sidecar, graph)
    sidecar.flush()
    [run_id] = rows(folder, "node_runs", "run_id")
    columns = ("trace_id", "run_id", "node", "gate")
    assert rows(folder, "gate_checks", *columns) == [(trace_id, run_id, "work", "pytest")]


async def test_so_does_one_of_two_nodes_at_the_same_time(sidecar, folder):
    await ainvoke(sidecar, parallel(lambda name: sidecar.record("gate_checks", {"gate": name})))
    sidecar.flush()
    assert sorted(rows(folder, "gate_checks", "node", "gate")) == [
        ("left", "left"),
        ("right", "right"),
    ]


def test_so_does_one_from_a_thread_that_langgraph_does_not_know(sidecar, folder):
    def work(state: State) -> State:
        row = {"node": "work", "gate": "mypy"}
        thread = threading.Thread(target=sidecar.record, args=("gate_checks", row))
        thread.start()
        thread.join()
        return {}

    trace_id = invoke(sidecar, single(work))
    sidecar.flush()
    [run_id] = rows(folder, "node_runs", "run_id")
    assert rows(folder, "gate_checks", "trace_id", "run_id") == [(trace_id, run_id)]


def test_what_the_caller_says_is_not_overwritten(sidecar, folder):
    row = {"trace_id": "mine", "node": "theirs"}
    invoke(sidecar, single(lambda state: sidecar.record("gate_checks", row)))
    sidecar.flush()
    assert rows(folder, "gate_checks", "trace_id", "node") == [("mine", "theirs")]


def test_outside_a_run_a_row_stands_by_itself(sidecar, folder):
    sidecar.record("gate_checks", {"gate": "ruff"})
    sidecar.flush()
    assert rows(folder, "gate_checks", "trace_id", "gate") == [(None, "ruff")]
    assert rows(folder, "runs") == []


def test_values_arrive_in_the_columns_types(sidecar, folder):
    moment = datetime(2026, 5, 1, 14, 30, tzinfo=timezone(timedelta(hours=2)))
    row = {"checked_at": moment, "passed": True, "evidence": {"summary": "1 failed", "at": moment}}
    sidecar.record("gate_checks", row)
    sidecar.record("routing_decisions", {"candidates": ("a", "b"), "excluded": []})
    sidecar.flush()
    with open_reading(folder) as reading:
        checks = "SELECT checked_at, passed, evidence ->> 'summary' AS said FROM gate_checks"
        [check] = reading.sql(checks)
    assert check == {
        "checked_at": moment.astimezone(UTC).replace(tzinfo=None),
        "passed": True,
        "said": "1 failed",
    }
    assert rows(folder, "routing_decisions", "candidates", "excluded") == [(["a", "b"], [])]


def test_a_row_that_the_database_refuses_costs_only_itself(sidecar, folder):
    for number in range(20):
        attempt = "seven" if number == 7 else number
        sidecar.record("gate_checks", {"gate": f"check {number}", "attempt": attempt})
    assert sidecar.flush()
    assert len(rows(folder, "gate_checks")) == 19
    assert sidecar.losses.lost == {"gate_checks": 1}


def test_an_unknown_table_is_counted_as_lost(sidecar):
    sidecar.record("gate_cheks", {"gate": "pytest"})
    assert sidecar.flush()
    assert sidecar.losses.lost == {"gate_cheks": 1}


def test_an_unknown_column_costs_only_its_value(sidecar, folder):
    sidecar.record("gate_checks", {"gate": "pytest", "colour": "red"})
    sidecar.flush()
    assert rows(folder, "gate_checks", "gate") == ["pytest"]
    assert sidecar.losses.errors == {"unknown column: gate_checks.colour": 1}


def test_a_row_that_is_none_raises_nothing(sidecar):
    with sidecar.run(**about()):
        sidecar.record("gate_checks", None)
    assert sidecar.losses.errors.total() == 1


def test_the_loss_is_written_beside_the_rows(sidecar, folder):
    sidecar.record("gate_checks", {"attempt": "seven"})
    sidecar.record("gate_checks", {"attempt": 7})
    sidecar.flush()
    with open_reading(folder) as reading:
        [health] = reading.sql("SELECT state, lost::varchar AS lost FROM v_telemetry_health")
    assert health == {"state": "degraded", "lost": '{"gate_checks": 1}'}
