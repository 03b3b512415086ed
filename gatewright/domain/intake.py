"""From raw keys and values to a valid task, with one clear error for the first thing wrong."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from gatewright.domain.errors import InputError
from gatewright.domain.human import Answer
from gatewright.domain.task import Budget, GateSpec, Task

_UNNAMED = "unnamed"
_SECTIONS: dict[int | str, type[BaseModel]] = {"budget": Budget, "gate": GateSpec}
_PROBLEMS = {
    "extra_forbidden": "is not known",
    "tuple_type": "is no list",
    "model_type": "is no mapping",
    "path_type": "is no path",
    "string_type": "is no text",
}
"""Where the validator speaks of Python's types rather than of a task file."""
_FIXES = {
    "extra_forbidden": "Remove it, or correct its name; known: {known}.",
    "missing": "Give it.",
    "tuple_type": "Write a list, also of one: [...].",
    "model_type": "Write its fields below it; known: {within}.",
    "path_type": "Give a path; docs/tasks.md lists every field.",
    "string_type": "Write it in quotes; docs/tasks.md lists every field.",
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
    if isinstance(values.get("repo"), str | Path):
        values["repo"] = _path(values["repo"], where)
    unnamed = values.get("id") is None
    if unnamed:
        values["id"] = _UNNAMED
    try:
        task = Task.model_validate(values)
    except ValidationError as error:
        raise _first_error(error, where) from None
    return task.model_copy(update={"id": make_id(task, base_commit)}) if unnamed else task


def make_answer(
    action: str, note: str = "", budget: Any = None, *, plan: Any = None, diff: str = ""
) -> Answer:
    """A person's answer. Raises: InputError naming the field, the value and the fix."""
    given = {"action": action, "note": note, "budget": budget, "plan": plan, "diff": diff}
    try:
        return Answer.model_validate(given)
    except ValidationError as error:
        raise _first_error(error, "") from None


def make_id(task: Task, base_commit: str) -> str:
    """`<words of the goal>-<8 hex digits of everything but the id>`."""
    words = re.sub(r"[^a-z0-9]+", "-", task.goal.lower()).strip("-")[:40].strip("-")
    # Left out where it says nothing: tasks of before it was there keep their ids.
    without = {"id"} if task.private else {"id", "private"}
    content = task.model_dump(mode="json", exclude=without)
    text = json.dumps([content, base_commit], sort_keys=True)
    return f"{words or 'task'}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _path(repo: str | Path, where: str) -> Path:
    """Raises: InputError for what cannot be a path."""
    try:
        path = Path(repo).expanduser()
    except RuntimeError as error:
        problem = f"has no home folder: {error}"
    else:
        if "\x00" not in str(path):
            return path
        problem = "holds a NUL character"
    raise InputError(f"{where}repo", str(repo), problem, "Give a path in full.")


def _first_error(error: ValidationError, where: str) -> InputError:
    first = error.errors(include_url=False)[0]
    place = first["loc"]
    context = first.get("ctx", {})
    fix = _FIXES.get(first["type"], "Correct it; docs/tasks.md lists every field.").format(
        known=", ".join(_SECTIONS.get(place[0] if len(place) > 1 else "", Task).model_fields),
        pattern=context.get("pattern", ""),
        expected=context.get("expected", ""),
        within=", ".join(_SECTIONS.get(place[-1], Task).model_fields),
    )
    problem = _PROBLEMS.get(first["type"], first["msg"].lower())
    value = None if first["type"] == "missing" else first["input"]
    return InputError(where + ".".join(map(str, place)), value, problem, fix)
