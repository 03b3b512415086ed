"""What the tests of plans share: a home, and plan files."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gatewright.orchestration.plans import Plans
from tests.unit.plans.launching.scene import Bell


class Shop:
    """A folder for plan files, and the plans of a home."""

    def __init__(self, folder: Path, plans: Plans) -> None:
        self.folder = folder
        self.plans = plans

    def plan(self, *steps: dict[str, Any], **more: Any) -> Path:
        """A plan file."""
        path = self.folder / "plan.json"
        path.write_text(json.dumps({"plan_id": "p", "steps": list(steps), **more}), "utf-8")
        return path

    def lines(self, name: str = "log") -> list[str]:
        """What the steps have appended to a file."""
        path = self.folder / name
        return path.read_text("utf-8").split() if path.exists() else []


def step(name: str, script: str = "true", **more: Any) -> dict[str, Any]:
    """A step that runs a line of shell."""
    return {"id": name, "command": "sh", "args": ["-c", script], **more}


def noted(name: str, script: str = "true", **more: Any) -> dict[str, Any]:
    """A step that appends its name to `log`."""
    return step(name, f"echo {name} >> log; {script}", **more)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Plans(home=tmp_path / "home", telemetry={"enabled": False}) as plans:
        yield Shop(tmp_path, plans)


def statuses(shop: Shop, run_id: str) -> dict[str, str]:
    return {name: one.status for name, one in shop.plans.progress(run_id).steps.items()}


def cut_off(shop: Shop, run_id: str, name: str) -> None:
    """As if the engine had died while the step ran, after its last start was written."""
    with closing(sqlite3.connect(shop.folder / "home/state.sqlite", isolation_level=None)) as db:
        [(first, end)] = db.execute(
            "SELECT min(id), (runs.number + 1) * 4294967296 FROM plan_runs AS runs"
            " JOIN plan_events ON id / 4294967296 = runs.number"
            " WHERE run_id = ? AND kind = 'step_started' AND json_extract(event, '$.step') = ?",
            (run_id, name),
        ).fetchall()
        for table in ("plan_events", "plan_attempts"):
            db.execute(f"DELETE FROM {table} WHERE id > ? AND id < ?", (first, end))
        db.execute("UPDATE plan_attempts SET ended_at = NULL, status = NULL WHERE id = ?", (first,))
        db.execute("UPDATE plan_runs SET status = 'running', ended_at = NULL")
    (shop.plans.folder(run_id) / "events.jsonl").unlink()


WAITS = "echo > begun; read _ < go"
"""Of a step: it says that it has begun, and goes on when it is let."""


@pytest.fixture
def begun(shop: Shop) -> Iterator[Bell]:
    """Rung by each step that waits."""
    yield from _bell(shop.folder / "begun")


@pytest.fixture
def go(shop: Shop) -> Iterator[Bell]:
    """Lets one such step go on."""
    yield from _bell(shop.folder / "go")


def _bell(path: Path) -> Iterator[Bell]:
    bell = Bell(path)
    yield bell
    bell.close()
