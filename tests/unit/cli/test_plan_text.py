"""Runs of plans, as a terminal has them."""

from datetime import UTC, datetime

import pytest

from gatewright.cli.plans.text import counted, print_runs, print_show, print_summary
from gatewright.domain.plan_run import StepResult
from tests.unit.cli.plan_told import attempt, plan_run

STEPS = {
    "build": StepResult(status="succeeded", exit_code=0, attempts=1, duration_s=1.5),
    "docs": StepResult(status="succeeded", exit_code=0, unchanged=True),
    "test": StepResult(
        status="failed", exit_code=3, attempts=2, duration_s=2.0, reason="[b]bad\nmore"
    ),
    "push": StepResult(status="skipped", reason="test failed"),
}


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_a_run_is_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    ended = plan_run(status="failed", ended_at="2026-11-21T10:00:05+00:00", reason="test failed")
    print_runs([ended], now=datetime(2026, 11, 21, 11, tzinfo=UTC))
    assert printed(capsys)[1] == "r1 failed release 1 h 0 min 5.00 s ada@mill test failed"


def test_a_run_that_is_to_be_cancelled_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    print_runs([plan_run(stop_asked="too slow")])
    assert printed(capsys)[1].endswith("to be cancelled: too slow")


def test_without_a_run_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_runs([])
    assert printed(capsys)[0].startswith("No plan has been run yet")


def test_steps_are_counted_by_what_became_of_them() -> None:
    assert counted(STEPS) == ("4 steps: 2 succeeded (1 of them unchanged), 1 failed, 1 skipped")


def test_a_step_is_a_row_with_its_end_and_what_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    took = attempt("test", attempt=2, cpu_s=1.0, max_rss_bytes=2**20)
    print_show(plan_run(status="failed"), STEPS, [took])
    lines = printed(capsys)
    assert "test failed 2 exit 3 2.00 s 1.00 s 1 MiB [b]bad" in lines
    assert "docs unchanged 0" in lines


def test_a_run_that_did_not_succeed_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    print_show(plan_run(status="interrupted"), STEPS, [])
    assert printed(capsys)[-1] == "Go on with: gatewright plan run --resume r1"


def test_a_run_that_succeeded_says_nothing_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(plan_run(status="succeeded"), {"build": STEPS["build"]})
    assert "Go on" not in " ".join(printed(capsys))


def test_a_summary_says_what_failed_and_where_its_output_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_summary(plan_run(status="failed"), STEPS)
    lines = printed(capsys)
    at = lines.index("test failed [b]bad")
    assert lines[at + 1] == "gatewright plan logs r1 test"


def test_of_many_failures_the_first_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    failed = {f"s{n}": StepResult(status="failed", exit_code=1) for n in range(25)}
    print_summary(plan_run(status="failed"), failed)
    assert "and 5 more; see `gatewright plan show r1`" in printed(capsys)


@pytest.mark.parametrize(
    ("attempts", "said"), [(0, "--approve | --reject"), (1, "--answer STEP=rerun|done|failed")]
)
def test_a_run_that_waits_says_how_to_answer(
    capsys: pytest.CaptureFixture[str], attempts: int, said: str
) -> None:
    steps = {"a": StepResult(status="pending", attempts=attempts)}
    print_summary(plan_run(status="waiting"), steps)
    assert printed(capsys)[-1] == f"gatewright plan run --resume r1 {said}"
