"""The editor of the interactive review."""

import sys
from pathlib import Path

import pytest

from gatewright.cli.review_terminal import Tty
from gatewright.domain.errors import EnvironmentFault


def editor(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """A program that edits the file which it is given."""
    script = folder / "my editor.py"
    script.write_text(f"import sys, pathlib\nfile = pathlib.Path(sys.argv[1])\n{code}\n")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} '{script}'")


def test_a_text_comes_back_as_it_was_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(monkeypatch, tmp_path, "file.write_text(file.read_text() + file.suffix)")
    assert Tty().edit("why: x\n", suffix=".yaml") == "why: x\n.yaml"


def test_a_text_that_was_left_as_it_was_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(monkeypatch, tmp_path, "")
    assert Tty().edit("why: x\n", suffix=".yaml") is None


def test_what_is_edited_is_nobody_elses_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "file.write_text(oct(file.parent.stat().st_mode)[-3:])"
    editor(monkeypatch, tmp_path, code)
    assert Tty().edit("x", suffix=".diff") == "700"


def test_an_editor_that_fails_answers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(monkeypatch, tmp_path, "file.write_text('half'); sys.exit(3)")
    with pytest.raises(EnvironmentFault, match="ended with 3"):
        Tty().edit("x", suffix=".diff")


@pytest.mark.parametrize("command", ["/nowhere/at/all", "'unclosed"])
def test_an_editor_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("VISUAL", command)
    with pytest.raises(EnvironmentFault, match="cannot be started"):
        Tty().edit("x", suffix=".diff")
