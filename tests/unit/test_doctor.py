"""What `gatewright doctor` says of a machine that lacks something."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatewright.doctor import examine
from gatewright.domain.events import Event
from gatewright.settings import load_settings
from gatewright.sidecars import close_sidecar, open_sidecar
from gatewright.telemetry.events import row_of


def test_a_home_that_cannot_be_made_is_named_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    [home] = [check for check in examine(home=tmp_path / "file" / "home") if check.name == "home"]
    assert (home.standing, "GATEWRIGHT_HOME" in home.fix) == ("missing", True)


def test_the_parts_of_the_home_are_told_with_their_sizes(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "t.md").write_bytes(b"x" * 100_000)
    [sizes] = [check for check in examine(home=tmp_path) if check.name == "home sizes"]
    assert re.search(r"\bruns (9|10)\d\.\d KiB", sizes.detail)


class Reader:
    """Whoever uses the sidecar."""


@pytest.mark.parametrize(("state", "standing"), [("open", "warning"), ("closed", "ok")])
def test_a_circuit_that_opened_lately_is_named(tmp_path: Path, state: str, standing: str) -> None:
    """As the sidecar writes it, when a breaker changes."""
    user = Reader()
    settings = load_settings(home=tmp_path)
    sidecar = open_sidecar(settings, user=user)
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    event = Event(
        kind="circuit_changed", task_id="t", at=now, model="a/b", message=f"circuit {state}, was so"
    )
    sidecar.record("events", row_of(event))
    assert sidecar.flush()
    close_sidecar(sidecar, user=user)
    [circuits] = [check for check in examine(home=tmp_path) if check.name == "circuits"]
    assert (circuits.standing, "a/b" in circuits.detail) == (standing, standing == "warning")
