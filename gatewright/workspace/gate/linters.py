"""How mypy and ruff are called, and what their answers say."""

from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from pydantic import BaseModel, TypeAdapter, ValidationError

from gatewright.domain.findings import Finding
from gatewright.workspace.gate.configured import (
    configured_anywhere,
    mypy_configuration,
    mypy_targets,
)
from gatewright.workspace.toolchain import Tool

Linter = Literal["mypy", "ruff"]

_MESSAGE_LIMIT = 500


class Heard(NamedTuple):
    """One run's answer."""

    findings: tuple[Finding, ...]
    problem: str | None
    """Why there is no answer, or not a whole one; None when there is."""


class _MypyLine(BaseModel):
    file: str
    line: int
    message: str
    code: str | None
    severity: str


class _Place(BaseModel):
    row: int


class _RuffEntry(BaseModel):
    filename: str
    location: _Place | None
    code: str | None
    message: str


_RUFF = TypeAdapter(list[_RuffEntry])


def arguments(linter: Linter, tool: Tool, *, python: Path, base: Path) -> tuple[str, ...]:
    """The command line. Blocks.

    Both tools look for a configuration above the working directory too, and for the user's own:
    they are told where it is, or that there is none.
    """
    if linter == "ruff":
        options = ["--no-fix", "--no-cache", "--no-respect-gitignore", "--output-format=json"]
        if not configured_anywhere(base, linter):
            options.append("--isolated")
        return (*tool.argv, "check", *options, ".")
    options = ["--output=json", "--no-error-summary", "--cache-dir=/dev/null", "--no-pretty"]
    options.append(f"--config-file={mypy_configuration(base) or ''}")
    return (*tool.argv, *options, f"--python-executable={python}", *mypy_targets(base))


def hear(linter: Linter, *, stdout: str, stderr: str, code: int) -> Heard:
    """Read an answer; nothing of it is believed to be well-formed."""
    read = _hear_ruff if linter == "ruff" else _hear_mypy
    return read(stdout, stderr, code)


def _hear_mypy(stdout: str, stderr: str, code: int) -> Heard:
    findings, other = [], []
    for line in stdout.splitlines():
        try:
            record = _MypyLine.model_validate_json(line)
        except ValidationError:
            other.append(line)
            continue
        if record.severity == "error":
            findings.append(_finding("mypy", record, record.file, line=record.line))
    if code in (0, 1) and (code == 1) == bool(findings):
        return Heard(tuple(findings), None)
    said = (findings[0].message if findings else "") or _last(other) or _last(stderr.splitlines())
    return Heard(tuple(findings), f"mypy stopped with exit code {code}: {said}"[:_MESSAGE_LIMIT])


def _hear_ruff(stdout: str, stderr: str, code: int) -> Heard:
    try:
        entries = _RUFF.validate_json(stdout)
    except ValidationError:
        entries = None
    if entries is None or code not in (0, 1):
        said = _last(stderr.splitlines())
        return Heard((), f"ruff stopped with exit code {code}: {said}"[:_MESSAGE_LIMIT])
    return Heard(tuple(_of_ruff(entry) for entry in entries), None)


def _of_ruff(entry: _RuffEntry) -> Finding:
    line = entry.location.row if entry.location is not None else None
    return _finding("ruff", entry, entry.filename, line=line)


def _finding(
    check: Linter, said: _MypyLine | _RuffEntry, file: str, *, line: int | None
) -> Finding:
    return Finding(
        check=check,
        message=said.message[:_MESSAGE_LIMIT],
        file=PurePosixPath(file).as_posix(),
        line=line if line is not None and line > 0 else None,
        rule=said.code,
    )


def _last(lines: list[str]) -> str:
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
