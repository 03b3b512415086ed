"""Findings: what a check or a reviewer says is wrong, as a record."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Severity = Literal["blocking", "warning", "note"]


class Frozen(BaseModel):
    """Base of the domain's records: immutable, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(Frozen):
    """One thing that is wrong, and where."""

    check: str
    """Who says so: `pytest`, `mypy`, `ruff`, `command:<n>`, `code_reviewer`, `edit`, ..."""
    message: str
    file: str | None = None
    """Path in the repository, with `/`."""
    line: int | None = None
    """1-based."""
    rule: str | None = None
    """The check's own name for it: `F401`, `arg-type`, a test's node id, ..."""
    severity: Severity = "blocking"
