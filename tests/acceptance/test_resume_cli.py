"""`gatewright resume` for one and for all, as the command line has it."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from gatewright.cli.main import app
from gatewright.waiting import wait
from tests.acceptance.conftest import Workshop

pytestmark = pytest.mark.slow

RUNNER = CliRunner()


def invoke(*arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and the object on stdout."""
    said = RUNNER.invoke(app, [*arguments, "--json"])
    return said.exit_code, json.loads(said.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((), "task"),
        (("some", "--all"), "task"),
        (("--all", "--approve"), "answer"),
        (("some", "--approve", "--reject"), "answer"),
        (("some", "--note", "x"), "note"),
        (("some", "--question", "x"), "interrupt_id"),
    ],
)
def test_what_makes_no_sense_together_is_bad_input(arguments: tuple[str, ...], field: str) -> None:
    code, said = invoke("resume", *arguments)
    assert (code, said["field"]) == (2, field)


def test_all_goes_on_with_what_can_and_tells_of_each(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWRIGHT_HOME", str(workshop.home))
    with workshop.gatewright() as gatewright:
        for name in ("gone", "there"):
            wait(gatewright.aaccept(workshop.task(name)))
    (workshop.folder / "gone").rename(workshop.folder / "moved")
    code, said = invoke("resume", "--all", "--jobs", "2")
    by_task = {one["task_id"]: one for one in said["tasks"]}
    assert (code, by_task["there"]["state"]) == (2, "done")
    assert (by_task["gone"]["error"], by_task["gone"]["field"]) == ("InputError", "repo")


def test_where_nothing_can_go_on_it_says_so(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWRIGHT_HOME", str(workshop.folder / "new"))
    said = RUNNER.invoke(app, ["resume", "--all"])
    assert (said.exit_code, "No task can go on" in said.stdout) == (0, True)
