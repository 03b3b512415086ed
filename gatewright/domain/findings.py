"""Findings: what a check or a reviewer says is wrong, as a record."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from gatewright.domain.secret_forms import redact, redact_forms, redact_known


def _clean(text: str) -> str:
    return redact(text).text


def _tokenless(text: str) -> str:
    return redact_forms(redact_known(text).text).text


WITHOUT_SECRETS = AfterValidator(_clean)

Clean = Annotated[str, WITHOUT_SECRETS]
"""Text of programs and models that is only read: it goes into checkpoints and logs, and holds no
secret from its construction on."""

WITHOUT_TOKENS = AfterValidator(_tokenless)
"""For text that work is done by: only what can hardly be anything but a secret is taken out."""

Severity = Literal["blocking", "warning", "note"]


class Frozen(BaseModel):
    """Base of the domain's records: immutable, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(Frozen):
    """One thing that is wrong, and where."""

    check: str
    """Who says so: `pytest`, `mypy`, `ruff`, `command:<n>`, `code_reviewer`, `edit`, ..."""
    message: Clean
    file: str | None = None
    """Path in the repository, with `/`."""
    line: int | None = None
    """1-based."""
    rule: str | None = None
    """The check's own name for it: `F401`, `arg-type`, a test's node id, ..."""
    severity: Severity = "blocking"
