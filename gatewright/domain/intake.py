"""From raw keys and values to a valid task, with one clear error for the first thing wrong."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gatewright.domain.errors import InputError
from gatewright.domain.task import Task

_FIXES = {
    "extra_forbidden": "Remove it, or correct its name; known: {known}.",
    "missing": "Give it.",
    "string_pattern_mismatch": "Use a value that matches {pattern}.",
    "literal_error": "Use one of {expected}.",
}


def make_task(raw: Mapping[str, Any], *, base_commit: str = "", where: str = "") -> Task:
    """A task from keyword arguments or a file's keys; an id is made when none is given.

    A made id is a function of the task and its base commit, so the same command means the same
    task until the base moves.

    Raises: InputError naming the field, the value and the fix; `where` goes before the field.
    """
    values = dict(raw)
    if "repo" in values and isinstance(values["repo"], str | Path):
        values["repo"] = Path(values["repo"]).expanduser()
    if values.get("id") is None:
        values["id"] = make_id(values, base_commit)
    try:
        return Task.model_validate(values)
    except ValidationError as error:
        raise _first_error(error, where) from None


def make_id(values: Mapping[str, Any], base_commit: str) -> str:
    """`<words of the goal>-<8 hex digits of everything>`."""
    words = re.sub(r"[^a-z0-9]+", "-", str(values.get("goal", "")).lower()).strip("-")[:40]
    known = {key: value for key, value in values.items() if key != "id"}
    text = json.dumps([known, base_commit], sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{words.strip('-') or 'task'}-{digest}"


def _first_error(error: ValidationError, where: str) -> InputError:
    first = error.errors(include_url=False)[0]
    field = where + ".".join(str(part) for part in first["loc"])
    context = first.get("ctx", {})
    fix = _FIXES.get(first["type"], "Correct it; docs/tasks.md lists every field.").format(
        known=", ".join(Task.model_fields),
        pattern=context.get("pattern", ""),
        expected=context.get("expected", ""),
    )
    value = None if first["type"] == "missing" else first["input"]
    return InputError(field, value, first["msg"].lower(), fix)
