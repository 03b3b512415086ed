"""Task files: YAML or JSON, one task or many."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml

from gatewright.domain.errors import InputError
from gatewright.domain.task import Priority

MOST_BYTES = 4 * 2**20

_NO_YAML = (
    yaml.YAMLError,
    RecursionError,
    # What PyYAML's constructors let through for `2026-13-01`, `!!bool x`, `!!timestamp x`, ...
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    TypeError,
)


def load_tasks(path: Path) -> list[dict[str, Any]]:
    """The tasks of a file, as raw keys and values.

    A file holds one task, a list of tasks, a mapping with the one key `tasks`, or several YAML
    documents. A relative `repo` is taken from the file's folder.
    Raises: InputError when it cannot be read or is no mapping.
    """
    documents = [one for one in _documents(path) if one is not None]
    found: list[Any] = []
    for document in documents:
        if isinstance(document, Mapping) and set(document) == {"tasks"}:
            found += _list(document["tasks"], path)
        elif isinstance(document, list):
            found += document
        else:
            found.append(document)
    if not found:
        raise InputError("FILE", str(path), "holds no task", "Give at least goal and repo.")
    return [_task(one, number, path) for number, one in enumerate(found, start=1)]


def _documents(path: Path) -> list[Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError("FILE", str(path), "is larger than 4 MiB", "Split it.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("FILE", str(path), f"cannot be read: {error}", "Check the path.") from None
    try:
        return _parsed(text)
    except _NO_YAML as error:
        problem = " ".join(str(error).split())
        raise InputError("FILE", str(path), f"is no YAML or JSON: {problem}", "Mend it.") from None


def _parsed(text: str) -> list[Any]:
    """JSON is read as JSON: PyYAML does not join the escaped halves of one character."""
    try:
        return [json.loads(text)]
    except ValueError:
        return list(yaml.safe_load_all(text))


def _list(tasks: Any, path: Path) -> list[Any]:
    if isinstance(tasks, list):
        return tasks
    if tasks is None:
        return []
    raise InputError("FILE, tasks", tasks, "is no list", f"Write a list of tasks in {str(path)!r}.")


def _task(raw: Any, number: int, path: Path) -> dict[str, Any]:
    if not isinstance(raw, Mapping) or not all(isinstance(key, str) for key in raw):
        raise InputError(
            f"FILE, task {number}", raw, "is no mapping of names to values", "See docs/tasks.md."
        )
    task = dict(raw)
    if isinstance(task.get("repo"), str) and not task["repo"].startswith("~"):
        task["repo"] = str(path.resolve().parent / task["repo"])
    return task


def by_priority(tasks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The most urgent first; tasks of one priority stay in the order of the file."""
    rank = {name: number for number, name in enumerate(reversed(get_args(Priority)))}
    default = rank["medium"]
    return sorted(tasks, key=lambda task: rank.get(str(task.get("priority")), default))
