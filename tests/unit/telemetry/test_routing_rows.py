"""Decisions and verdicts come back as they were recorded."""

import math
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gatewright.domain.decision import Considered, Decision, RoutingRequest
from gatewright.domain.errors import InputError
from gatewright.domain.outcome import Outcome
from gatewright.telemetry.content import ContentFilter
from gatewright.telemetry.decisions import (
    decision_row,
    outcome_row,
    read_decision,
    read_decisions,
    read_outcomes,
)
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import State, invoke, rows, single
from tests.unit.telemetry.verdicts import NOON, after, decision, outcome, request, write

ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
NAMES = st.tuples(ANY, ANY)
USD = st.none() | st.floats(min_value=0)
REQUESTS = st.builds(
    RoutingRequest,
    role=st.sampled_from(["planner", "plan_reviewer", "implementer", "code_reviewer"]),
    risk=st.sampled_from(["low", "medium", "high"]),
    area=ANY,
    stage=st.integers(0, 9),
    exclude=NAMES,
    seed=ANY,
    tried=NAMES,
    escalated=NAMES,
    faulted=NAMES,
    needs=st.frozensets(st.sampled_from(["tools", "structured_output"])),
    input_tokens=st.none() | st.integers(0, 10**9),
    least_tokens=st.integers(0, 10**9),
    private=st.booleans(),
    left_usd=USD,
)
WEIGHED = st.builds(Considered, model=ANY, alpha=st.floats(), usd=USD, seconds=USD)
DECISIONS = st.builds(
    Decision,
    id=ANY.filter(bool),
    again=st.booleans(),
    candidates=NAMES,
    refused=st.dictionaries(ANY, ANY, max_size=2),
    reason=ANY,
    plan=NAMES,
    considered=st.tuples(WEIGHED, WEIGHED),
    value_usd=USD,
    best_usd=USD,
    false_accept=st.floats(0, 1),
    false_reject=st.floats(0, 1),
    second_usd=st.floats(0, 1),
    escalates=st.booleans(),
)


def keep(folder: Path, asked: RoutingRequest, chosen: Decision, **more: object) -> None:
    with Sidecar(folder) as sidecar:
        sidecar.record("routing_decisions", decision_row(asked, chosen, task_id="t1", **more))
        assert sidecar.flush()
        assert (sidecar.losses.gone(), sidecar.losses.errors) == (0, {})


# Many in one folder: that takes most of the time.
@settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(st.tuples(REQUESTS, DECISIONS), min_size=5, unique_by=lambda pair: pair[1].id))
def test_decisions_come_back_as_they_were(pairs):
    with tempfile.TemporaryDirectory() as home:
        with Sidecar(Path(home)) as sidecar:
            for second, (asked, chosen) in enumerate(pairs):
                row = decision_row(asked, chosen, task_id="t1", at=after(second))
                sidecar.record("routing_decisions", row)
            assert sidecar.flush()
            assert (sidecar.losses.gone(), sidecar.losses.errors) == (0, {})
        found = read_decisions(Path(home))
    # As text: a NaN is not equal to itself.
    assert [repr((one.request, one.decision)) for one in found] == [repr(pair) for pair in pairs]


def test_the_filter_of_secrets_leaves_a_usual_decision_as_it_is(folder):
    chosen = decision(
        "t1:0b5c6d3e-8f1a-5e1b-9c55-1d2f3a4b5c6d", seed="9f86d081884c7d659a2feaa0c55a"
    )
    asked = request(seed="t1:0b5c6d3e-8f1a-5e1b-9c55-1d2f3a4b5c6d:1", input_tokens=1200)
    with Sidecar(folder, prepare=ContentFilter(folder, capture=False)) as sidecar:
        sidecar.record("routing_decisions", decision_row(asked, chosen, task_id="t1"))
    found = read_decision(folder, chosen.id)
    assert (found.request, found.decision) == (asked, chosen)


def test_a_secret_in_what_is_asked_is_taken_out(folder):
    token = "ghp_" + "a1B2c3D4e5F6" * 3
    with Sidecar(folder, prepare=ContentFilter(folder, capture=False)) as sidecar:
        row = decision_row(request(area=token), decision(refused={"a/b": token}), task_id="t1")
        sidecar.record("routing_decisions", row)
    [row] = rows(folder, "routing_decisions")
    assert token not in str(row)


def test_a_decision_stands_with_its_run_and_node(sidecar, folder):
    def work(state: State) -> State:
        row = decision_row(request(), decision(), task_id="t1", at=NOON)
        sidecar.record("routing_decisions", row)
        return {}

    trace_id = invoke(sidecar, single(work))
    sidecar.flush()
    found = read_decision(folder, "t1:1")
    assert (found.trace_id, found.node, found.task_id) == (trace_id, "work", "t1")
    assert found.decided_at == NOON


def test_the_verdict_that_holds_comes_with_it(folder):
    keep(folder, request(), decision())
    assert read_decision(folder, "t1:1").outcome is None
    rejected = outcome(kind="gate", passed=False, at=after(9))
    write(folder, outcome(kind="review"), rejected)
    assert read_decision(folder, "t1:1").outcome == rejected


def test_who_answered_in_anothers_place_has_the_verdict(folder):
    keep(folder, request(), decision(), at=NOON)
    second = decision(model="c/d", fallback_of="a/b")
    keep(folder, request(faulted=("a/b",)), second, at=after(1))
    write(folder, outcome(model="c/d"))
    found = read_decisions(folder)
    assert [(one.decision.model, one.outcome is None) for one in found] == [
        ("a/b", True),
        ("c/d", False),
    ]
    assert read_decision(folder, "t1:1").decision == second


def test_a_node_that_ran_again_has_one_decision_the_last(folder):
    for second, model in enumerate(("a/b", "c/d")):
        keep(folder, request(), decision(model=model), at=after(second))
    assert [one.decision.model for one in read_decisions(folder)] == ["c/d"]


def test_a_decision_is_found_by_the_beginning_of_its_id(folder):
    for name in ("t1:abc", "t1:abd"):
        keep(folder, request(), decision(name))
    assert read_decision(folder, "t1:abc").decision.id == "t1:abc"
    assert read_decision(folder, "t1:abd").decision.id == "t1:abd"
    with pytest.raises(InputError, match=r"begins 2 ids: 't1:abc', 't1:abd'"):
        read_decision(folder, "t1:ab")


def test_the_whole_id_is_found_among_longer_ones(folder):
    for name in ("t1:1", "t1:12"):
        keep(folder, request(), decision(name))
    assert read_decision(folder, "t1:1").decision.id == "t1:1"


@pytest.mark.parametrize("name", ["t9:1", ""])
def test_an_unknown_decision_is_refused(folder, name):
    keep(folder, request(), decision())
    with pytest.raises(InputError, match=f"is not recorded .got {name!r}"):
        read_decision(folder, name)


def test_what_a_later_version_recorded_is_refused_and_left_out(folder):
    row = decision_row(request(), decision(), task_id="t1")
    row["request"] = {**row["request"], "mood": "bold"}
    with Sidecar(folder) as sidecar:
        sidecar.record("routing_decisions", row)
    assert read_decisions(folder) == ()
    with pytest.raises(InputError, match="another version"):
        read_decision(folder, "t1:1")


def test_decisions_of_one_task_and_of_the_last_days(folder):
    with Sidecar(folder) as sidecar:
        for task, age in (("t1", 0), ("t2", 0), ("t1", 40)):
            at = datetime.now(UTC) - timedelta(days=age)
            row = decision_row(request(), decision(f"{task}:{age}"), task_id=task, at=at)
            sidecar.record("routing_decisions", row)
    ids = [one.decision.id for one in read_decisions(folder, task_id="t1", days=30)]
    assert ids == ["t1:0"]
    ids = [one.decision.id for one in read_decisions(folder, task_id="t1")]
    assert ids == ["t1:40", "t1:0"]


def test_what_was_weighed_can_be_left_unread(folder):
    keep(folder, request(), decision())
    [found] = read_decisions(folder, considered=False)
    assert found.decision == decision(considered=())


def test_an_outcome_comes_back_as_it_was(folder):
    said = outcome(again=True, stage=2, area="über/x", cost_usd=None, duration_s=None)
    write(folder, said)
    assert read_outcomes(folder) == (said,)


@given(
    cost=st.none() | st.floats(0, 1e6) | st.just(math.inf),
    took=st.none() | st.floats(0, 1e9),
)
def test_money_is_kept_to_a_billionth(cost, took):
    row = outcome_row(outcome(cost_usd=cost, duration_s=took))
    if cost is None or math.isinf(cost):
        assert row["cost_amount"] is None
    else:
        assert float(row["cost_amount"]) == pytest.approx(cost, abs=1e-9)
    assert (row["duration_ms"] is None) == (took is None)


def test_outcomes_of_one_task_in_the_order_of_their_first_verdicts(folder):
    write(
        folder,
        outcome("t1:2", at=after(2)),
        outcome("t1:1", at=after(1)),
        outcome("t2:1", task_id="t2"),
        outcome("t1:1", "human", passed=False, at=after(9)),
    )
    found = read_outcomes(folder, task_id="t1")
    assert [(one.decision_id, one.kind, one.passed) for one in found] == [
        ("t1:1", "human", False),
        ("t1:2", "gate", True),
    ]


def test_an_outcome_needs_no_run(folder):
    with Sidecar(folder) as sidecar:
        sidecar.record("routing_outcomes", outcome_row(outcome(kind="revert", passed=False)))
    [found] = read_outcomes(folder)
    assert isinstance(found, Outcome)
    assert found.kind == "revert"


def test_both_are_read_from_segments_alone(folder):
    keep(folder, request(), decision())
    write(folder, outcome())
    for file in folder.glob("*.duckdb"):
        file.unlink()
    found = read_decision(folder, "t1:1")
    assert (found.request, found.decision, found.outcome) == (request(), decision(), outcome())
