"""The drift alarm: quick when a model changes, quiet when it does not."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from routing.drift import Drift, Watch

START = datetime(2026, 11, 1, tzinfo=UTC)


def alarms(verdicts: list[bool]) -> list[tuple[int, Drift]]:
    watch = Watch("implementer", "a")
    seen = (
        (n, watch.see(passed=passed, at=START + timedelta(minutes=n)))
        for n, passed in enumerate(verdicts)
    )
    return [(n, drift) for n, drift in seen if drift is not None]


def drawn(rate: float, count: int, *, seed: str) -> list[bool]:
    draw = Random(seed)
    return [draw.random() < rate for _ in range(count)]


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.1, 0.3, 0.6, 0.9])
def test_fewer_than_one_false_alarm_in_a_thousand(rate: float) -> None:
    assert len(alarms(drawn(rate, 10_000, seed="still"))) < 10


@pytest.mark.parametrize(("before", "after"), [(0.65, 0.09), (0.9, 0.4), (0.2, 0.8)])
def test_a_clear_change_is_noticed_within_forty_verdicts(before: float, after: float) -> None:
    delays = []
    for seed in range(20):
        changed = drawn(before, 100, seed=f"b{seed}") + drawn(after, 100, seed=f"a{seed}")
        delays.append(next((n - 100 for n, _ in alarms(changed) if n >= 100), 100))
    assert sorted(delays)[15] <= 40


def test_what_an_alarm_says() -> None:
    [(place, drift)] = alarms([True, True, False] * 30 + [False] * 14)
    assert drift == Drift(
        role="implementer",
        model="a",
        before=pytest.approx(2 / 3, abs=0.02),
        after=0.0,
        since=START + timedelta(minutes=place + 1 - drift.failed),
        passed=0,
        failed=drift.failed,
    )
    assert drift.failed >= 6


def test_after_an_alarm_the_new_rate_is_what_is_usual() -> None:
    assert len(alarms([True] * 40 + [False] * 100)) == 1


@pytest.mark.parametrize("passed", [True, False])
def test_a_row_of_one_kind_is_no_change(passed: bool) -> None:
    assert alarms([passed] * 300) == []
