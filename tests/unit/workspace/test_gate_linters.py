import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.findings import Finding
from gatewright.workspace.gate.configured import configured, mypy_targets
from gatewright.workspace.gate.linters import Heard, Linter, hear


def heard(linter: Linter, stdout: str, *, code: int, stderr: str = "") -> Heard:
    return hear(linter, stdout=stdout, stderr=stderr, code=code)


def mypy_line(**fields: object) -> str:
    record = {"file": "a.py", "line": 3, "message": "m", "code": "arg-type", "severity": "error"}
    return json.dumps(record | fields) + "\n"


def ruff_entries(**fields: object) -> str:
    record = {"filename": "a.py", "location": {"row": 3}, "code": "F401", "message": "m"}
    return json.dumps([record | fields])


def test_mypy_s_errors_are_findings() -> None:
    expected = Finding(check="mypy", message="m", file="a.py", line=3, rule="arg-type")
    assert heard("mypy", mypy_line(), code=1) == Heard((expected,), None)


def test_mypy_s_notes_are_none() -> None:
    assert heard("mypy", mypy_line(severity="note"), code=0) == Heard((), None)


@pytest.mark.parametrize(("stdout", "code"), [("", 1), (mypy_line(), 0), ("", 2), ("", -9)])
def test_mypy_s_code_and_answer_must_agree(stdout: str, code: int) -> None:
    assert heard("mypy", stdout, code=code).problem is not None


def test_mypy_s_fatal_error_is_told_with_its_findings() -> None:
    answer = heard("mypy", mypy_line(message="Unexpected EOF", code="syntax"), code=2)
    assert answer.problem == "mypy stopped with exit code 2: Unexpected EOF"
    assert [f.rule for f in answer.findings] == ["syntax"]


def test_ruff_s_entries_are_findings() -> None:
    expected = Finding(check="ruff", message="m", file="a.py", line=3, rule="F401")
    assert heard("ruff", ruff_entries(), code=1) == Heard((expected,), None)


def test_ruff_s_failure_is_told_by_its_last_words() -> None:
    answer = heard("ruff", "", code=2, stderr="ruff failed\n  Cause: bad rule\n\n")
    assert answer == Heard((), "ruff stopped with exit code 2: Cause: bad rule")


@given(st.text(), st.sampled_from(["mypy", "ruff"]), st.integers(-15, 255))
def test_any_answer_is_read_without_an_error(stdout: str, linter: Linter, code: int) -> None:
    answer = heard(linter, stdout, code=code)
    assert answer.problem is not None or code in (0, 1)


@pytest.mark.parametrize(
    ("tool", "name", "text", "expected"),
    [
        ("mypy", "mypy.ini", "", True),
        ("mypy", "pyproject.toml", "[tool.mypy]\nstrict = true\n", True),
        ("mypy", "pyproject.toml", "[tool.mypy-x]\n", False),
        ("mypy", "setup.cfg", "[mypy]\nstrict = true\n", True),
        ("mypy", "setup.cfg", "[metadata]\n", False),
        ("mypy", "pyproject.toml", "[[", False),
        ("ruff", "ruff.toml", "", True),
        ("ruff", "pyproject.toml", "[tool.ruff]\n", True),
        ("ruff", "setup.cfg", "[ruff]\n", False),
        ("ruff", "README.md", "", False),
    ],
)
def test_what_is_set_up(tmp_path: Path, tool: str, name: str, text: str, expected: bool) -> None:
    (tmp_path / name).write_text(text)
    assert configured(tmp_path, tool) is expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pyproject.toml", "[tool.mypy]\nfiles = ['a']\n", ()),
        ("setup.cfg", "[mypy]\npackages = a\n", ()),
        ("mypy.ini", "[mypy]\nstrict = true\n", (".",)),
        ("src/a.py", "", ("src",)),
    ],
)
def test_what_mypy_is_called_on(
    tmp_path: Path, name: str, text: str, expected: tuple[str, ...]
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    assert mypy_targets(tmp_path) == expected
