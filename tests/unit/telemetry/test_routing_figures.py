"""How well models do, what changed lately, and whose circuit is open."""

from datetime import UTC, datetime, timedelta

import pytest

from gatewright.domain.events import Event
from gatewright.domain.intervals import wilson
from gatewright.telemetry.events import row_of
from gatewright.telemetry.model_figures import Success, last_circuits, model_figures
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.verdicts import outcome, write

NOW = datetime.now(UTC)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def several(passed: int, failed: int, prefix: str = "d", **more):
    """So many verdicts, an hour old unless told otherwise."""
    given = {"at": ago(1 / 24), **more}
    return [
        outcome(f"{prefix}:{number}", passed=number < passed, **given)
        for number in range(passed + failed)
    ]


def test_first_attempts_and_those_after_a_failure_stand_apart(folder):
    write(folder, *several(3, 1), *several(1, 2, "later", stage=1))
    [over_all, at_risk, in_area] = model_figures(folder).arms
    assert [(arm.risk, arm.area) for arm in (over_all, at_risk, in_area)] == [
        (None, None),
        ("low", None),
        ("low", "core"),
    ]
    for arm in (over_all, at_risk, in_area):
        low, high = wilson(3, 1)
        assert arm.first == Success(passed=3, failed=1, rate=0.75, low=low, high=high)
        assert (arm.later.passed, arm.later.failed) == (1, 2)


def test_areas_and_risks_are_added_up(folder):
    write(
        folder,
        *several(1, 0, "a", risk="low", area="core"),
        *several(0, 2, "b", risk="low", area="web"),
        *several(4, 0, "c", risk="high", area=""),
    )
    found = {(arm.risk, arm.area): arm.first for arm in model_figures(folder).arms}
    assert {key: (first.passed, first.failed) for key, first in found.items()} == {
        (None, None): (5, 2),
        ("high", None): (4, 0),
        ("high", ""): (4, 0),
        ("low", None): (1, 2),
        ("low", "core"): (1, 0),
        ("low", "web"): (0, 2),
    }


def test_cost_is_of_what_has_a_price(folder):
    prices = [0.1, 0.3, None]
    write(folder, *(outcome(f"d:{n}", cost_usd=usd, at=ago(1)) for n, usd in enumerate(prices)))
    arm = model_figures(folder).arms[0]
    assert (arm.usd, arm.total_usd, arm.unpriced) == (pytest.approx(0.2), pytest.approx(0.4), 1)


def test_a_model_without_any_price_has_no_cost(folder):
    write(folder, outcome(cost_usd=None, at=ago(1)))
    assert model_figures(folder).arms[0].usd is None


def test_latency_is_of_whole_attempts(folder):
    write(folder, *(outcome(f"d:{n}", duration_s=float(n), at=ago(1)) for n in range(101)))
    arm = model_figures(folder).arms[0]
    assert (arm.p50_s, arm.p95_s) == (50.0, 95.0)


def test_what_was_bad_after_all_is_counted(folder):
    write(folder, *several(4, 0), outcome("d:1", "revert", passed=False, at=NOW))
    arm = model_figures(folder).arms[0]
    assert (arm.audited, arm.false_accepts, arm.first.passed) == (1, 1, 3)
    assert arm.last_at == NOW


def test_older_ones_and_other_roles_are_left_out(folder):
    write(
        folder,
        *several(1, 0, "old", at=ago(40)),
        *several(2, 0, "new"),
        *several(4, 0, "plan", role="planner"),
    )
    found = model_figures(folder, role="implementer")
    assert {arm.first.passed for arm in found.arms} == {2}
    found = model_figures(folder, role="implementer", days=None)
    assert {arm.first.passed for arm in found.arms} == {3}


def test_a_model_that_became_worse_has_changed(folder):
    write(
        folder,
        *several(40, 10, "before", at=ago(20), cost_usd=0.1, duration_s=2.0),
        *several(5, 20, "lately", at=ago(2), cost_usd=0.2, duration_s=4.0),
    )
    [change] = model_figures(folder).changes
    assert (change.before.passed, change.lately.passed, change.changed) == (40, 5, True)
    assert -0.8 < change.low < change.high < -0.3
    assert (change.usd_before, change.usd_lately) == (pytest.approx(0.1), pytest.approx(0.2))
    assert (change.p50_s_before, change.p50_s_lately) == (2.0, 4.0)


def test_a_few_more_failures_are_no_change(folder):
    write(folder, *several(40, 10, "before", at=ago(20)), *several(3, 2, "lately", at=ago(2)))
    [change] = model_figures(folder).changes
    assert not change.changed


def test_what_changed_most_comes_first(folder):
    for model, lately in (("a/far-better", 20), ("b/worse", 2), ("c/little-better", 12)):
        before = 10
        write(
            folder,
            *several(before, 20 - before, f"{model}:1", model=model, at=ago(20)),
            *several(lately, 20 - lately, f"{model}:2", model=model, at=ago(2)),
        )
    found = model_figures(folder).changes
    assert [(one.model, one.changed) for one in found] == [
        ("a/far-better", True),
        ("b/worse", True),
        ("c/little-better", False),
    ]


def test_a_new_model_has_not_changed(folder):
    write(folder, *several(5, 5))
    assert model_figures(folder).changes == ()


def changed(model: str, message: str, at: datetime) -> dict[str, object]:
    event = Event(
        kind="circuit_changed", task_id="t1", at=at.isoformat(), model=model, message=message
    )
    return row_of(event)


def test_the_last_change_of_each_circuit(folder):
    with Sidecar(folder) as sidecar:
        for model, message, days in (
            ("a/b", "circuit open, was closed (overloaded)", 3),
            ("a/b", "circuit half-open, was open (overloaded)", 2),
            ("c/d", "its fuse blew", 1),
        ):
            sidecar.record("events", changed(model, message, ago(days)))
        sidecar.record("events", {"name": "circuit_changed", "ts": NOW, "attributes": {}})
    found = model_figures(folder).circuits
    assert found == last_circuits(folder)
    assert [(one.model, one.state, one.message) for one in found] == [
        ("c/d", None, "its fuse blew"),
        ("a/b", "half-open", "circuit half-open, was open (overloaded)"),
    ]


def test_an_empty_home_has_no_figures(folder):
    found = model_figures(folder)
    assert (found.arms, found.changes, found.circuits) == ((), (), ())
