"""What may be kept of what was said: sizes and salted hashes; more only where somebody asked.

Runs in the writer's thread, on every row before it is written. It raises rather than let through
what it could not look at; the writer then keeps the row without it.
"""

import hmac
import os
import secrets as randomness
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gatewright.domain.secret_forms import CleanedValue, redact_value
from gatewright.telemetry.queue import Row
from gatewright.telemetry.said import Said, completion_of, prompt_of

PROMPT, COMPLETION = "_prompt", "_completion"
"""Private values of a row of `llm_calls`: LangChain's messages (or texts), and its `LLMResult`."""

MOST_KEPT = 1_000_000
"""Characters of a prompt or an answer; a longer one is kept as its size only."""

_OURS = frozenset(
    {
        *("trace_id", "parent_trace_id", "run_id", "parent_run_id", "checkpoint_ns"),
        *("langgraph_task_id", "host", "status", "kind", "cpu_method", "child_cpu_method"),
        *("started_at", "ended_at", "ts", "usage_source", "cost_currency", "cost_source"),
    }
)
"""Columns whose values are of our own making."""
_NUMBERS_ONLY = frozenset({"hardware_samples", "schema_version"})
_SALT_BYTES = 32


class ContentFilter:
    """A `Prepare`: rows as they may be kept."""

    def __init__(
        self, folder: Path, *, capture: bool, secrets: Callable[[], Collection[str]] = tuple
    ) -> None:
        """`secrets` are the values to be taken out that are known now, such as API keys."""
        self._folder = folder
        self._capture = capture
        self._secrets = secrets
        self._salt: bytes | None = None

    def __call__(self, rows: list[Row]) -> list[Row]:
        """The rows without secrets, and with `llm_contents` where prompts and answers are kept.

        Changes nothing of what it is given. Raises: whatever a row's values raise.
        """
        known = self._secrets()
        clean: set[str] = set()
        kept: list[Row] = []
        for row in rows:
            if row.table == "llm_calls" and (PROMPT in row.values or COMPLETION in row.values):
                kept += self._call(row, known, clean)
            elif row.table in _NUMBERS_ONLY:
                kept.append(row)
            else:
                kept.append(_clean(row, known, clean))
        return kept

    def _call(self, row: Row, known: Collection[str], clean: set[str]) -> list[Row]:
        values = dict(row.values)
        prompt = prompt_of(values.pop(PROMPT, None))
        answer = completion_of(values.pop(COMPLETION, None))
        for name, said in (("prompt", prompt), ("completion", answer)):
            if said is not None:
                values[f"{name}_chars"] = said.chars
                values[f"{name}_hash"] = self._hash(said)
        call = _clean(Row(row.table, values), known, clean)
        return [call, _content(values, prompt, answer, known)] if self._capture else [call]

    def _hash(self, said: Said) -> str | None:
        """None where there is no salt: without one, anybody can try what the text was."""
        if self._salt is None:
            self._salt = _salt(self._folder / ".salt")
        if self._salt is None:
            return None
        text = said.canonical().encode("utf-8", "surrogatepass")
        return hmac.digest(self._salt, text, "sha256").hex()


def _clean(row: Row, known: Collection[str], clean: set[str]) -> Row:
    """The very same row where it holds no secret, as nearly every one does.

    `clean` are texts that were found to hold none: names come again and again.
    """
    changed: dict[str, Any] = {}
    for name, value in row.values.items():
        if value is None or name in _OURS or isinstance(value, float | int):
            continue
        is_text = isinstance(value, str)
        if is_text and value in clean:
            continue
        found = redact_value(value, known, name=name)
        if found.places:
            changed[name] = found.value
        elif is_text:
            clean.add(value)
    return Row(row.table, {**row.values, **changed}) if changed else row


def _content(
    call: Mapping[str, Any], prompt: Said | None, answer: Said | None, known: Collection[str]
) -> Row:
    said = CleanedValue(None, 0) if prompt is None else _kept(prompt, known)
    told = CleanedValue(None, 0) if answer is None else _kept(answer, known)
    values = {
        "trace_id": call.get("trace_id"),
        "run_id": call.get("run_id"),
        "ts": call.get("started_at") or datetime.now(UTC),
        "prompt": said.value,
        "completion": told.value and "\n".join(part["content"] for part in told.value),
        "redactions": said.places + told.places,
    }
    return Row("llm_contents", values)


def _kept(said: Said, known: Collection[str]) -> CleanedValue:
    if said.chars > MOST_KEPT:
        return CleanedValue([{"role": "none", "content": f"[{said.chars} characters]"}], 0)
    parts = [redact_value(part.content, known) for part in said.parts]
    value = [
        {"role": part.role, "content": clean.value}
        for part, clean in zip(said.parts, parts, strict=True)
    ]
    return CleanedValue(value, sum(clean.places for clean in parts))


def _salt(path: Path) -> bytes | None:
    """This installation's own, made at the first call; None where it can be neither had nor made.

    Whole or not at all: of two processes that make one at the same time, the first one's counts.
    """
    try:
        if (found := _read(path)) is not None:
            return found
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".salt-{os.getpid()}-{randomness.token_hex(4)}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(randomness.token_bytes(_SALT_BYTES))
                file.flush()
                os.fsync(file.fileno())
            _place(new, path)
        finally:
            new.unlink(missing_ok=True)
        return _read(path)
    except OSError:
        return None


def _place(new: Path, path: Path) -> None:
    if path.exists() and _read(path) is None:
        new.replace(path)  # it was damaged
        return
    try:
        os.link(new, path)
    except FileExistsError:
        return


def _read(path: Path) -> bytes | None:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return None
    return found if len(found) == _SALT_BYTES else None
