"""Errors at the command line."""

import json
import sqlite3

import pytest
import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.domain.errors import GatewrightError, InputError, ModelFault, SandboxUnavailable


def ended(error: BaseException, *, as_json: bool = False) -> int:
    with pytest.raises(typer.Exit) as caught, guarded(as_json=as_json):
        raise error
    return caught.value.exit_code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GatewrightError("x"), 1),
        (InputError("goal", 1, "p", "f"), 2),
        (SandboxUnavailable("p", "f"), 4),
        (ModelFault("m", "timeout", "x"), 4),
        (PermissionError("x"), 4),
        (KeyboardInterrupt(), 130),
    ],
)
def test_an_error_ends_the_command_with_its_code(error: BaseException, code: int) -> None:
    assert ended(error) == code


def test_an_error_is_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    ended(InputError("risk", "none", "is no risk", "Use low."))
    out, err = capsys.readouterr()
    assert (out, err) == ("", "error: risk: is no risk (got 'none'). Use low.\n")


def test_an_error_in_json_has_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    ended(InputError("risk", "none", "is no risk", "Use low."), as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "error": "InputError",
        "message": "risk: is no risk (got 'none'). Use low.",
        "field": "risk",
        "value": "none",
        "problem": "is no risk",
        "fix": "Use low.",
    }


@pytest.mark.parametrize(
    ("value", "shown"), [(None, None), (7, 7), (["a"], "['a']"), (float("nan"), "nan")]
)
def test_a_value_is_in_the_json_whatever_it_is(
    value: object, shown: object, capsys: pytest.CaptureFixture[str]
) -> None:
    ended(InputError("f", value, "p", "x"), as_json=True)
    assert json.loads(capsys.readouterr().out)["value"] == shown


def test_what_the_system_says_is_json_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    ended(PermissionError("no"), as_json=True)
    assert json.loads(capsys.readouterr().out) == {"error": "PermissionError", "message": "no"}


def test_a_full_disk_under_a_database_is_the_environments_fault() -> None:
    with pytest.raises(typer.Exit) as caught, guarded():
        raise sqlite3.OperationalError("database or disk is full")
    assert caught.value.exit_code == 4


def test_notes_of_others_are_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    error = GatewrightError("x")
    error.add_note("During task with name 'planner'")
    ended(error, as_json=True)
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == ({"error": "GatewrightError", "message": "x"}, "error: x\n")


def test_a_bug_shows_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), guarded():
        _ = 1 / 0


def test_what_goes_well_is_left_alone() -> None:
    with guarded():
        pass


def test_a_json_object_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"goal": "two\nlines", "é": None})
    assert capsys.readouterr().out == '{"goal": "two\\nlines", "é": null}\n'
