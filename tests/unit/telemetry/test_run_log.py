"""The run log shows what others wrote, and does not pass on what they would have a terminal do."""

from pathlib import Path

from gatewright.domain.events import Event
from gatewright.telemetry.run_log import RunLog


def test_a_goal_stays_a_quotation_and_an_event_a_line(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "runs", "t")
    log.begin("Fix it\n## Run\x1b[2J")
    log.add(Event(kind="review", task_id="t", at="now", message="no\n## Run\x1b[2J"))
    assert log.path.read_text() == (
        "# t\n\n> Fix it\n> ## Run\ufffd[2J\n\n## Run\n\n- now review: no ## Run\ufffd[2J\n"
    )
