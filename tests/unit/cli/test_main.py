"""The console script: what is wrong on the command line itself, and with a file's tasks."""

import json
from pathlib import Path
from typing import Any

import pytest

from gatewright.cli.main import main


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GATEWRIGHT_HOME", str(tmp_path / "home"))


class Ended:
    """Runs the console script in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.code: object = None

    def __call__(self, *arguments: str) -> Any:
        """The object on stdout."""
        self._monkeypatch.setattr("sys.argv", ["gatewright", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        self.code = ended.value.code or 0
        return json.loads(self._capsys.readouterr().out)


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ended:
    return Ended(monkeypatch, capsys)


@pytest.mark.parametrize(
    "arguments", [("run", "--nonsense"), ("run", "--max-tokens", "many"), ("show",), ("fly",)]
)
def test_a_wrong_command_line_is_json_as_well(ended: Ended, arguments: tuple[str, ...]) -> None:
    said = ended(*arguments, "--json")
    assert (ended.code, said["error"]) == (2, "UsageError")


def test_of_several_tasks_the_wrong_one_is_named(ended: Ended, tmp_path: Path) -> None:
    file = tmp_path / "tasks.json"
    file.write_text(json.dumps([{"goal": "a"}, {"goal": "b", "risk": "enormous"}]))
    said = ended("run", str(file), "--json")
    assert (ended.code, said["field"], said["value"]) == (2, "task 2: risk", "enormous")


@pytest.mark.parametrize("flag", ["--goal", "--id", "--base", "--risk"])
def test_an_empty_value_is_refused_and_not_forgotten(ended: Ended, flag: str) -> None:
    goal = () if flag == "--goal" else ("--goal", "x")
    said = ended("run", *goal, flag, "", "--json")
    assert (ended.code, said["field"], said["value"]) == (2, flag.removeprefix("--"), "")


@pytest.mark.parametrize(("flag", "field"), [("--note", "note"), ("--max-seconds", "budget")])
def test_what_belongs_to_an_answer_needs_one(ended: Ended, flag: str, field: str) -> None:
    said = ended("resume", "t", flag, "5", "--json")
    assert (ended.code, said["field"]) == (2, field)


def test_a_success_exits_with_0(ended: Ended) -> None:
    assert (ended("list", "--json"), ended.code) == ({"tasks": []}, 0)
