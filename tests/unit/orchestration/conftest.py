"""What the tests of plans share: a home, and plan files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatewright.orchestration.plans import Plans


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
