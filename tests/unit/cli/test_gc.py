"""`gatewright gc` at the command line."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from gatewright.cli.gc import gc

APP = typer.Typer()
APP.command()(gc)


@pytest.fixture
def stale(own_home: Path) -> Path:
    """A folder that a command of three days ago left behind."""
    folder = own_home / "scratch" / "gatewright-stale"
    folder.mkdir(parents=True)
    (folder / "[red]large").write_bytes(b"x" * 100_000)
    at = time.time() - 3 * 86_400
    os.utime(folder, (at, at))
    return folder


def said(*arguments: str) -> str:
    """What it prints."""
    result = CliRunner().invoke(APP, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_it_says_what_is_gone(stale: Path) -> None:
    lines = [line.split() for line in said().splitlines()]
    assert lines[0][0] == "gone"
    assert lines[1][:2] == ["scratch", "1"]
    assert not stale.exists()


def test_a_dry_run_says_what_would_go(stale: Path) -> None:
    assert said("--dry-run").startswith("would go")
    assert stale.exists()


def test_json_has_everything(stale: Path) -> None:
    freed: dict[str, Any] = json.loads(said("--json"))
    assert freed.keys() == {"dry_run", "parts", "databases", "kept", "problems"}
    [part] = freed["parts"]
    assert (part["name"], part["count"], part["bytes"] >= 100_000) == ("scratch", 1, True)


def test_nothing_to_take_away_is_said() -> None:
    assert said() == "Nothing to take away.\n"
