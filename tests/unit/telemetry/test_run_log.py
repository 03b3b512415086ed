"""The run log shows what others wrote, and does not pass on what they would have a terminal do."""

import re
from pathlib import Path

import pytest

from gatewright.domain.events import Event
from gatewright.domain.metrics import RunMetrics, Spread
from gatewright.domain.result import StepResult, TaskResult
from gatewright.telemetry.run_log import RunLog

MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"


@pytest.fixture
def log(tmp_path: Path) -> RunLog:
    log = RunLog(tmp_path / "runs", "t")
    log.begin("Fix it\n## Run\x1b[2J")
    return log


def test_a_goal_stays_a_quotation_and_an_event_a_line(log: RunLog) -> None:
    log.add(Event(kind="review", task_id="t", at="now", message="no\n## Run\x1b[2J"))
    assert re.fullmatch(
        rf"# t\n\n> Fix it\n> ## Run\ufffd\[2J\n\n## Run of {MOMENT}\n\n"
        r"- now \*\*task\*\* review: no ## Run\ufffd\[2J\n",
        log.path.read_text(),
    )


def test_a_second_run_is_a_second_section(log: RunLog) -> None:
    log.begin("Fix it")
    assert log.path.read_text().count("## Run of ") == 2


@pytest.mark.parametrize(
    ("fields", "category"),
    [
        ({"kind": "planned"}, "task"),
        ({"kind": "model_chosen", "model": "m"}, "routing"),
        ({"kind": "model_called", "model": "m"}, "llm_call"),
        ({"kind": "gate_check"}, "quality_gate"),
        ({"kind": "node_started", "attempt": 1}, "task"),
        ({"kind": "node_started", "attempt": 2}, "retry"),
        ({"kind": "edit_refused"}, "retry"),
        ({"kind": "interrupted"}, "human_review"),
        ({"kind": "answered"}, "human_review"),
    ],
)
def test_every_event_has_a_category(log: RunLog, fields, category) -> None:
    log.add(Event(task_id="t", at="now", **fields))
    assert f"- now **{category}** " in log.path.read_text()


def result(**more) -> TaskResult:
    steps = (
        StepResult(title="one", state="completed", attempts=1),
        StepResult(title="two", state="rejected", attempts=3),
    )
    return TaskResult(task_id="t", state="failed", goal="g", repo="r", steps=steps, **more)


def test_the_summary_says_what_it_came_to(log: RunLog) -> None:
    log.end(result(cost_usd=0.25, input_tokens=10, output_tokens=2, duration_seconds=1.26))
    end = log.path.read_text().partition("### Summary")[2]
    assert "| state | failed |" in end
    assert "| duration | 1.3 s" in end
    assert "| cost | $0.2500 (10 tokens in, 2 out) |" in end
    assert "| completed | 1 of 2 steps |" in end
    assert "| failed | 1 steps |" in end
    assert "| needs review | no |" in end


def test_a_cost_that_is_not_known_is_not_nothing(log: RunLog) -> None:
    log.end(result())
    assert "| cost | not known" in log.path.read_text()


def test_the_summary_shows_the_machine(log: RunLog) -> None:
    metrics = RunMetrics(
        trace_id="f" * 32,
        duration_seconds=2.0,
        sample_count=3,
        sample_count_in_window=1,
        cpu_percent=Spread(min=1, avg=40.4, max=99.6),
        threshold_violations=2,
    )
    log.end(result(metrics=metrics))
    end = log.path.read_text()
    assert "| machine | cpu 40 % (at most 100) (3 samples in 2.0 s) |" in end
    assert "| beyond thresholds | 2 samples |" in end


def test_a_run_that_breaks_off_says_why_in_one_line(log: RunLog) -> None:
    log.break_off("the disk\nis full\x1b[2J")
    assert log.path.read_text().endswith("**task** stopped: the disk is full\ufffd[2J\n")


def test_a_secret_is_in_nothing_that_is_written(tmp_path: Path) -> None:
    token = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF" + "x9Yz"
    kept_key = "-----BEGIN PRIVATE" + f" KEY-----\n{token}\n-----END PRIVATE" + " KEY-----"
    log = RunLog(tmp_path, "t")
    log.begin(f"Use {token}\n{kept_key}")
    log.add(Event(kind="model_called", task_id="t", at="now", model=token, message=kept_key))
    log.break_off(f"{kept_key} and {token}")
    written = log.path.read_text()
    assert (token[4:] in written, written.count("[redacted]")) == (False, 6)


def blocked(folder: Path) -> RunLog:
    """A log whose folder cannot be made, because a file has its name."""
    folder.write_text("in the way")
    return RunLog(folder, "t")


def test_what_cannot_be_written_is_counted_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = blocked(tmp_path / "runs")
    log.begin("Fix it")
    log.add(Event(kind="planned", task_id="t", at="now"))
    log.break_off("why")
    log.end(result())
    told = [record.getMessage() for record in caplog.records]
    assert (log.failures, len(told)) == (4, 1)
    assert f"path={log.path} failures=1" in told[0]


def test_the_next_line_is_written_when_it_can_be_and_says_what_is_missing(tmp_path: Path) -> None:
    log = blocked(tmp_path / "runs")
    log.begin("Fix it")
    (tmp_path / "runs").unlink()
    log.add(Event(kind="planned", task_id="t", at="now"))
    log.add(Event(kind="delivered", task_id="t", at="now"))
    assert log.path.read_text() == (
        "\n\n(1 entries could not be written.)\n\n- now **task** planned\n"
        "- now **task** delivered\n"
    )


def test_a_disk_that_is_full_is_no_error(log: RunLog) -> None:
    log.path.unlink()
    log.path.symlink_to("/dev/full")
    log.add(Event(kind="planned", task_id="t", at="now"))
    assert log.failures == 1
