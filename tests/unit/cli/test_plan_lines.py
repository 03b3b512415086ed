"""Events of a run as lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.cli.plans.lines import line
from gatewright.cli.plans.words import bytes_, how, seconds
from gatewright.domain.plan_run import PlanEvent, StepResult
from tests.unit.cli.plan_told import event


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (event("run_started"), "run       r1"),
        (event("run_resumed"), "resumed   r1"),
        (event("step_started", "a", attempt=1), "start     a"),
        (event("step_started", "a", attempt=3), "start     a, attempt 3"),
        (
            event("step_ended", "a", status="succeeded", exit_code=0, duration_s=1.25),
            "ok        a, 1.25 s",
        ),
        (
            event("step_ended", "a", status="failed", exit_code=2, duration_s=61.0),
            "failed    a, 61.0 s: exit 2",
        ),
        (
            event("step_ended", "a", status="failed", timed_out=True, signal=15, duration_s=2.0),
            "failed    a, 2.00 s: timed out",
        ),
        (
            event("step_ended", "a", status="failed", signal=9, reason="killed by SIGKILL"),
            "failed    a: killed by SIGKILL",
        ),
        (
            event("step_ended", "a", status="skipped", reason="b failed"),
            "skipped   a: b failed",
        ),
        (event("step_ended", "a", status="cancelled"), "cancelled a"),
        (event("step_ended", "a", status="succeeded", unchanged=True), "same      a"),
        (
            event("step_retrying", "a", attempt=1, exit_code=1, duration_s=0.5, delay_s=2.0),
            "again     a, attempt 1 failed, 500 ms: exit 1; the next one in 2.00 s",
        ),
        (
            event("step_retrying", "a", attempt=1, delay_s=0.0),
            "again     a, attempt 1 failed; the next one at once",
        ),
        (event("run_stopping", reason="a failed"), "stopping  r1: a failed"),
        (event("run_waiting", reason="approval"), "waiting   r1: approval"),
        (event("run_ended", status="succeeded"), "succeeded r1"),
    ],
)
def test_an_event_is_one_line(one: PlanEvent, said: str) -> None:
    assert line(one).said() == said


@given(st.text())
def test_a_reason_neither_breaks_a_line_nor_commands_a_terminal(reason: str) -> None:
    said = line(event("step_ended", "a", status="failed", reason=reason)).said()
    assert all(c.isprintable() or c == "\t" for c in said)


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (None, ""),
        (0.0, "0 ms"),
        (0.0404, "40 ms"),
        (9.994, "9.99 s"),
        (9.996, "10.0 s"),
        (99.94, "99.9 s"),
        (99.96, "1 min 40 s"),
        (3599.6, "1 h 0 min"),
        (7384.0, "2 h 3 min"),
        (90_000.0, "1 d 1 h"),
    ],
)
def test_times_are_for_people(duration: float | None, said: str) -> None:
    assert seconds(duration) == said


@pytest.mark.parametrize(
    ("size", "said"), [(None, ""), (1023, "1023 B"), (2048, "2 KiB"), (5 * 2**30, "5.0 GiB")]
)
def test_sizes_are_for_people(size: int | None, said: str) -> None:
    assert bytes_(size) == said


def test_a_signal_without_a_name_has_its_number() -> None:
    assert how(StepResult(status="failed", signal=99)) == "ended by signal 99"
