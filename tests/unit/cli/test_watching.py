"""What a person who watches a run sees of its events."""

from collections.abc import Iterator
from typing import Any

import pytest

from gatewright.cli.watching import Watch
from gatewright.domain.events import Event


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def watch() -> Iterator[Watch]:
    with Watch(as_json=False, unsafe_no_sandbox=False) as watching:
        yield watching


def event(kind: str, **fields: Any) -> Event:
    return Event.model_validate({"kind": kind, "task_id": "t", "at": "2026-01-01", **fields})


def test_what_happened_stays_as_a_line(watch: Watch, capsys: pytest.CaptureFixture[str]) -> None:
    watch.show(event("state_changed", state="planning"))
    watch.show(event("review", node="plan_reviewer", message="approved"))
    assert capsys.readouterr().out == "  planning\n  plan_reviewer: approved\n"


def test_what_a_model_says_is_no_markup(watch: Watch, capsys: pytest.CaptureFixture[str]) -> None:
    watch.show(event("review", node="code_reviewer", message="[bold]rejected[/] [/] [x"))
    assert capsys.readouterr().out == "  code_reviewer: [bold]rejected[/] [/] [x\n"


def test_without_a_sandbox_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with Watch(as_json=False, unsafe_no_sandbox=True) as watching:
        assert watching.gatewright.settings.unsafe_no_sandbox
    assert "sandbox is off" in capsys.readouterr().out


def test_with_json_on_stdout_progress_is_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with Watch(as_json=True, unsafe_no_sandbox=False) as watching:
        watching.show(event("delivered", node="deliver", message="branch x"))
    out, err = capsys.readouterr()
    assert (out, err) == ("", "  deliver: branch x\n")
