"""What a task's run leaves behind of itself: its result, its log, its rows, a line in the logs."""

import logging
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gatewright.app import Gatewright
from gatewright.domain.metrics import RunMetrics
from gatewright.domain.result import TaskResult
from tests.acceptance.conftest import QUICK
from tests.support.projects import sample_task


@dataclass
class Done:
    """A finished run."""

    gatewright: Gatewright
    result: TaskResult
    said: str

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Of the sidecar."""
        return self.gatewright.query(sql)

    @property
    def metrics(self) -> RunMetrics:
        """Of the run."""
        assert self.result.metrics is not None
        return self.result.metrics

    @property
    def log(self) -> str:
        """The run log."""
        assert self.result.log is not None
        return Path(self.result.log).read_text()


class _Said(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    folder = tmp_path_factory.mktemp("telemetry")
    task = sample_task(folder / "work", base="main", gate=QUICK)
    said = _Said()
    logger = logging.getLogger("gatewright.telemetry")
    logger.addHandler(said)
    level = logger.level
    logger.setLevel(logging.INFO)
    telemetry = {"interval_seconds": 0.1, "thresholds": {"memory_percent": 0.001}}
    try:
        with Gatewright(home=folder / "home", telemetry=telemetry) as gatewright:
            yield Done(gatewright, gatewright.run(task), "\n".join(said.lines))
    finally:
        logger.removeHandler(said)
        logger.setLevel(level)


def test_the_result_has_the_machines_side(done: Done) -> None:
    assert done.metrics.cpu_percent is not None
    assert done.metrics.memory_percent is not None
    assert done.metrics.disk_percent is not None
    assert done.metrics.sample_count >= done.metrics.sample_count_in_window > 1
    assert done.metrics.duration_seconds > 0


def test_samples_beyond_a_threshold_are_counted(done: Done) -> None:
    counts = {violation.metric: violation.count for violation in done.metrics.violations}
    assert counts["memory_percent"] == done.metrics.sample_count
    assert sum(counts.values()) == done.metrics.threshold_violations


def test_the_row_of_the_run_is_the_summary(done: Done) -> None:
    [row] = done.rows("SELECT * FROM v_runs")
    assert row["trace_id"] == done.metrics.trace_id
    assert row["sample_count"] == done.metrics.sample_count
    assert row["threshold_violations"] == done.metrics.threshold_violations
    assert row["service_name"] == "gatewright"


def test_the_summary_is_logged_with_the_runs_ids(done: Done) -> None:
    [line] = [line for line in done.said.splitlines() if "request_metrics_summary" in line]
    assert f"trace_id={done.metrics.trace_id}" in line
    assert "task_id=fix-overdraft" in line
    assert f"sample_count={done.metrics.sample_count}" in line


def test_every_nodes_cpu_is_its_own(done: Done) -> None:
    rows = done.rows("SELECT node, cpu_method, cpu_ms FROM v_node_runs")
    assert {row["cpu_method"] for row in rows} == {"stepped"}
    assert all(row["cpu_ms"] > 0 for row in rows)


def test_the_sandboxs_cpu_stands_with_the_nodes_that_used_it(done: Done) -> None:
    rows = done.rows(
        "SELECT node, child_cpu_ms, child_cpu_method FROM v_node_runs WHERE children > 0"
    )
    found = {row["node"]: row for row in rows}
    for node in ("implementer", "quality_gate"):
        assert found[node]["child_cpu_method"] == "wait4"
        assert found[node]["child_cpu_ms"] > 50


def test_every_event_is_a_row(done: Done) -> None:
    rows = done.rows("SELECT DISTINCT category FROM v_events")
    assert {row["category"] for row in rows} >= {"task", "routing", "quality_gate"}


def test_the_log_says_what_happened_when_and_what_came_of_it(done: Done) -> None:
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"
    lines = [line for line in done.log.splitlines() if line.startswith("- ")]
    assert all(re.match(rf"- {stamp} \*\*\w+\*\* ", line) for line in lines)
    assert "| state | done |" in done.log
    assert "| completed | 1 of 1 steps |" in done.log
    assert f"| trace | {done.metrics.trace_id} |" in done.log


DISABLED = """
import sys, threading
from gatewright.app import Gatewright
with Gatewright(home=sys.argv[1], telemetry={"enabled": False}) as gatewright:
    names = set()
    def look(event):
        names.update(t.name for t in threading.enumerate())
    result = gatewright.run(goal="Nothing is broken", repo=sys.argv[2], id="t",
                            gate={"pytest": [], "mypy": False, "ruff": False}, on_event=look)
assert result.metrics is None
print(sorted(names & {"gatewright-sampler", "gatewright-sidecar"}),
      [m for m in ("duckdb", "pynvml") if m in sys.modules])
"""


@pytest.mark.slow
def test_switched_off_there_is_nothing(tmp_path: Path) -> None:
    task = sample_task(tmp_path / "work", base="main")
    command = [sys.executable, "-c", textwrap.dedent(DISABLED), tmp_path / "home", task["repo"]]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ran.stdout == "[] []\n", ran.stderr
    assert not (tmp_path / "home" / "telemetry").exists()
