"""`gatewright report`: what is read back."""

import json
import re
from io import StringIO

import pytest
from rich.console import Console

from gatewright.cli.report_table import print_report
from gatewright.domain.errors import InputError
from gatewright.telemetry.queue import Tuning
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.report import report
from gatewright.telemetry.sidecar import Sidecar
from gatewright.telemetry.sql import queries
from tests.unit.telemetry.graphs import State, ainvoke, chain, flaky, invoke, rows, single, talking


def call(**more):
    given = {"status": "ok", "provider_name": "openai", "request_model": "gpt-5-mini"}
    return {**given, "input_tokens": 10, "output_tokens": 5, **more}


def test_nodes_are_added_up_over_attempts_and_runs(sidecar, folder):
    invoke(sidecar, flaky(1))
    invoke(sidecar, flaky(0))
    sidecar.flush()
    found = report(folder, "t1")
    assert [(n.node, n.attempts, n.errors) for n in found.nodes] == [("work", 3, 1)]
    assert [run.status for run in found.runs] == ["ok", "ok"]
    assert found.totals.runs == 2


def test_other_tasks_are_left_out(sidecar, folder):
    invoke(sidecar, chain("one"), task="t1")
    invoke(sidecar, chain("two"), task="t2")
    sidecar.flush()
    assert [node.node for node in report(folder, "t2").nodes] == ["two"]


@pytest.mark.parametrize(
    ("prices", "cost"), [(["0.5", "0.25"], 0.75), (["0.5", None], None), ([], 0.0), (["0"], 0.0)]
)
def test_the_cost_is_known_only_if_every_answers_is(folder, sidecar, prices, cost):
    def work(state: State) -> State:
        for price in prices:
            sidecar.record("llm_calls", call(cost_amount=price))
        return {}

    invoke(sidecar, single(work))
    sidecar.flush()
    found = report(folder, "t1")
    assert (found.nodes[0].cost_usd, found.totals.cost_usd) == (cost, cost)
    assert found.runs[0].cost_usd == cost


async def test_models_and_calls_stand_with_their_node(sidecar, folder):
    await ainvoke(sidecar, single(talking))
    sidecar.flush()
    [node] = report(folder, "t1").nodes
    assert (node.llm_calls, node.cost_usd, node.models) == (1, None, ("fakelistchatmodel",))


def test_calls_of_an_attempt_that_never_ended_are_counted(sidecar, folder):
    def work(state: State) -> State:
        sidecar.record("llm_calls", call(cost_amount="0.5"))
        sidecar.flush()
        [stray] = report(folder, "t1").nodes
        assert (stray.node, stray.cost_usd) == ("work (not ended)", 0.5)
        return {}

    invoke(sidecar, single(work))


def test_gate_checks_and_decisions_are_there(sidecar, folder):
    def work(state: State) -> State:
        check = {"gate": "pytest", "status": "failed", "passed": False, "findings": 2}
        sidecar.record("gate_checks", check | {"evidence": {"summary": "2 failed"}})
        sidecar.record(
            "routing_decisions", {"role": "planner", "model": "a/b", "candidates": ["a/b"]}
        )
        return {}

    invoke(sidecar, single(work))
    sidecar.flush()
    found = report(folder, "t1")
    assert [(c.gate, c.passed, c.summary) for c in found.gate_checks] == [
        ("pytest", False, "2 failed")
    ]
    assert [(d.node, d.role, d.candidates) for d in found.routing] == [
        ("work", "planner", ("a/b",))
    ]


def test_losses_are_part_of_the_report(folder):
    # There is room for the rows of the run's end: the node's, the run's and the last samples'.
    with Sidecar(folder, tuning=Tuning(capacity=6, reserve=0, interval_s=60)) as sidecar:

        def work(state: State) -> State:
            for number in range(20):
                sidecar.record("gate_checks", {"attempt": number})
            sidecar.flush()
            return {}

        invoke(sidecar, single(work))
    losses = report(folder, "t1").losses
    assert losses.dropped_events == losses.dropped["gate_checks"] > 0


def test_a_task_of_which_nothing_is_known(folder):
    with pytest.raises(InputError, match=r"'t9'.*list"):
        report(folder, "t9")


def test_it_is_json(sidecar, folder):
    invoke(sidecar, chain("one"))
    sidecar.flush()
    text = json.dumps(report(folder, "t1").model_dump(mode="json"))
    assert json.loads(text)["nodes"][0]["node"] == "one"


def test_it_prints_as_tables(sidecar, folder):
    def work(state: State) -> State:
        sidecar.record("gate_checks", {"gate": "[bold]x", "status": "passed", "passed": True})
        return {}

    invoke(sidecar, single(work))
    sidecar.flush()
    out = StringIO()
    print_report(report(folder, "t1"), Console(file=out, width=200))
    text = out.getvalue()
    assert all(word in text for word in ("Runs", "Nodes", "work", "$0.0000", "Gate", "[bold]x"))


def test_a_row_that_was_written_twice_counts_once(sidecar, folder):
    invoke(sidecar, chain("one"))
    sidecar.close()
    copy = (folder / "telemetry.duckdb").read_bytes()
    (folder / "telemetry-1.duckdb").write_bytes(copy)
    assert rows(folder, "node_runs", "node") == ["one"]
    assert report(folder, "t1").totals.runs == 1


@pytest.mark.parametrize("name", sorted(set(queries()) - {"v_runs"}))
def test_every_query_runs_on_an_empty_folder(folder, name):
    body = re.sub(r"--.*", "", queries()[name])
    values = dict.fromkeys(re.findall(r"\$(\w+)", body))
    with open_reading(folder) as reading:
        assert reading.query(name, **values) == []
