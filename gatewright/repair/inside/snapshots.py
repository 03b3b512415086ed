"""What variables held while one test ran, and what the test called.

Nothing here runs code of the repository: values of exactly the built-in types are copied, of all
others only the name of the type is taken.
"""

import json
import math
from collections.abc import Iterable, Mapping
from types import FrameType
from typing import Any, NamedTuple

from gatewright.repair.inside.calls import arguments, is_callable_by_name
from gatewright.repair.inside.objects import attributes, type_name

MOST_RUNS = 40
"""Of one line in one test; what a line holds later is not looked at."""
MOST_TAKEN = 50_000
MOST_USED = 25_000
"""Snapshots in one process, and those of them in failing tests: each takes some 20 us."""
MOST_KEPT = 24
"""Of one line over all failing tests: distinct ones."""
FIRST, LAST = 16, 8
"""Of those of one test that are kept, from either end."""
MOST_TEXT = 200
MOST_ITEMS = 60
MOST_DEPTH = 3
MOST_BITS = 600
MOST_BYTES = 300_000
"""Of what is written down of one test."""
MOST_MERGED_BYTES = 6_000_000
MOST_RAN = 400_000
"""Tests in all the sets of tests that ran lines; with more it is not told who ran what."""
MOST_CALLS = 60
MOST_CALLS_OF_TEST = 12

# By identity: a set of types would call `__hash__` of a foreign metaclass.
_ATOMS = {id(kind) for kind in (type(None), bool, int, float, str, bytes)}
_CONTAINERS = {id(kind) for kind in (list, tuple, set, dict)}

Json = dict[str, Any]
Key = tuple[str, int]
"""A path and a 1-based line."""


class _Foreign(NamedTuple):
    """Stands for a value that is no literal."""

    type: str


class Snapshots:
    """The values of one test at a time, within limits for the whole process."""

    def __init__(self) -> None:
        self._left = MOST_TAKEN
        self._used = 0
        self._runs: dict[Key, int] = {}
        self._taken: dict[Key, list[dict[str, Any]]] = {}
        self._calls: dict[tuple[str, str, str, str], None] = {}

    def start(self) -> None:
        """Forget the last test."""
        self._runs = {}
        self._taken = {}
        self._calls = {}

    def line(self, frame: FrameType, key: Key) -> None:
        """A line is about to run."""
        runs = self._runs.get(key, 0)
        if runs > MOST_RUNS:
            return
        self._runs[key] = runs + 1
        if runs == MOST_RUNS or self._left <= 0 or self._used >= MOST_USED:
            self._runs[key] = MOST_RUNS + 1
            return
        self._left -= 1
        self._used += 1
        # Immutable values are kept as they are and written down only if the test fails.
        try:
            self._taken.setdefault(key, []).append(_copied_all(frame.f_locals))
        except RuntimeError:  # another thread changes it meanwhile, or the stack is at its end
            self._runs[key] = MOST_RUNS + 1

    def call(self, frame: FrameType, path: str) -> None:
        """A test has called this function, which is about to begin."""
        if len(self._calls) >= MOST_CALLS_OF_TEST:
            return
        code = frame.f_code
        if not is_callable_by_name(code, frame):
            return
        found = arguments(code, frame, _literal_copy)
        if found is not None:
            self._calls[path, code.co_name, found[0], found[1]] = None

    def seen(self, *, failed: bool, whole: bool, hung: bool, outside: Iterable[Key]) -> Json:
        """What is to be written down of a test that has ended.

        `whole` says that nothing ran unseen; lines of `outside` ran when no test did, too. A test
        that `hung` goes round in circles where for long nothing new was seen.
        """
        record: Json = {"calls": list(self._calls)}
        if not failed:
            # What passing tests take in vain is given back by half: a failing one may come late.
            self._used -= sum(map(len, self._taken.values())) // 2
            return record
        partial = set(outside)
        lines = []
        size = 0
        for key, taken in sorted(self._taken.items()):
            distinct, types, last_new = _written(taken)
            circles = hung and len(taken) == MOST_RUNS and last_new < MOST_RUNS // 2
            complete = whole and key not in partial and (self._runs[key] <= MOST_RUNS or circles)
            kept = distinct
            if len(distinct) > FIRST + LAST:
                kept, complete = distinct[:FIRST] + distinct[-LAST:], False
            size += sum(len(snapshot) for snapshot in kept) + 100
            if size > MOST_BYTES:
                break
            lines.append([*key, complete, types, kept])
        written = {(path, line) for path, line, *_ in lines}
        partly = [key for key in self._runs if key not in written]
        return {**record, "lines": lines, "partly": partly}


def merged(tests: Mapping[str, Json], failing: Iterable[str]) -> Json:
    """Snapshots, complete lines and types of the failing tests, the calls of all, and who `ran`.

    `tests` are the records of tests by node id; one that did not come to its end has no `seen`,
    and then no line is known to be complete. `ran` has the place in `ran_by` of the tests that ran
    a line, and these their numbers in `tests`.
    """
    bad = list(failing)
    snapshots: dict[Key, dict[str, None]] = {}
    types: dict[Key, dict[str, dict[str, None]]] = {}
    incomplete: set[Key] = set()
    size = 0
    for name in bad:
        for path, line, complete, kinds, kept in _of(tests, name).get("lines", ()):
            key = (path, line)
            here = snapshots.setdefault(key, {})
            fresh = [text for text in kept if text not in here]
            size += sum(map(len, fresh))
            fits = len(here) + len(fresh) <= MOST_KEPT and size <= MOST_MERGED_BYTES
            if fits:
                here.update(dict.fromkeys(fresh))
            if not (fits and complete):
                incomplete.add(key)
            for variable, kind in kinds.items():
                types.setdefault(key, {}).setdefault(variable, {}).update(dict.fromkeys(kind))
        incomplete.update((path, line) for path, line in _of(tests, name).get("partly", ()))
    if not all("lines" in _of(tests, name) for name in bad):
        incomplete.update(snapshots)
    whole: Json = {path: [] for path in sorted({path for path, _ in snapshots})}
    for path, line in sorted(set(snapshots) - incomplete):
        whole[path].append(line)
    texts = {key: [json.loads(text) for text in each] for key, each in snapshots.items()}
    kinds_of = {key: {name: "|".join(k) for name, k in each.items()} for key, each in types.items()}
    return {
        "snapshots": _by_path(texts),
        "complete": whole,
        "types": _by_path(kinds_of),
        "calls": _calls(tests, bad),
        **_ran(tests),
    }


def _ran(tests: Mapping[str, Json]) -> Json:
    """Which tests ran which lines of functions; each set of tests once."""
    by_line: dict[Key, list[int]] = {}
    for number, (name, test) in enumerate(tests.items()):
        own = name.partition("::")[0]
        for path, line in test.get("lines", ()):
            if path != own:
                by_line.setdefault((path, line), []).append(number)
    groups: dict[tuple[int, ...], int] = {}
    lines = {key: groups.setdefault(tuple(each), len(groups)) for key, each in by_line.items()}
    if sum(map(len, groups)) > MOST_RAN:
        return {"ran": None, "ran_by": []}
    return {"ran": _by_path(lines), "ran_by": list(groups)}


def _of(tests: Mapping[str, Json], name: str) -> Json:
    found: Json = tests.get(name, {}).get("seen", {})
    return found


def _by_path(values: Mapping[Key, Any]) -> Json:
    found: Json = {}
    for path, line in sorted(values):
        found.setdefault(path, {})[line] = values[path, line]
    return found


def _calls(tests: Mapping[str, Json], failing: list[str]) -> list[Json]:
    """Of failing tests first; each once."""
    bad = set(failing)
    names = [*failing, *(name for name in tests if name not in bad)]
    found: dict[tuple[str, ...], Json] = {}
    for name in names:
        for path, function, args, kwargs in _of(tests, name).get("calls", ()):
            call = {"path": path, "name": function, "args": args, "kwargs": kwargs}
            found.setdefault(tuple(call.values()), {**call, "test": name, "failed": name in bad})
    return list(found.values())[:MOST_CALLS]


def _copied_all(variables: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in variables.items():
        values[name] = value if id(type(value)) in _ATOMS else _copied(value, MOST_DEPTH)
        if name == "self":
            for attribute, part in attributes(value).items():
                copy = part if id(type(part)) in _ATOMS else _copied(part, MOST_DEPTH)
                if type(copy) is not _Foreign:
                    values["self." + attribute] = copy
    return values


def _copied(value: Any, depth: int) -> Any:
    """A copy of a literal; something else becomes the name of its type."""
    kind = type(value)
    if depth == 0 or id(kind) not in _CONTAINERS or len(value) > MOST_ITEMS:
        return _Foreign(type_name(kind))
    if kind is dict:
        keys, items = _parts(value, depth), _parts(value.values(), depth)
        if keys is None or items is None:
            return _Foreign("dict")
        return dict(zip(keys, items))  # noqa: B905 - Python 3.8
    parts = _parts(value, depth)
    if parts is None:
        return _Foreign(type_name(kind))
    return parts if kind is list else kind(parts)


def _parts(values: Iterable[Any], depth: int) -> "list[Any] | None":
    """Copies of all; None unless all are literals."""
    parts = []
    for part in values:
        if id(type(part)) not in _ATOMS:
            part = _copied(part, depth - 1)  # noqa: PLW2901 - each line counts here
            if type(part) is _Foreign:
                return None
        parts.append(part)
    return parts


def _written(
    taken: Iterable[dict[str, Any]],
) -> tuple[list[str], dict[str, list[str]], int]:
    """Distinct snapshots as JSON, in their order; type names by variable; the last one's place."""
    last_new = 0
    distinct: dict[str, None] = {}
    types: dict[str, dict[str, None]] = {}
    for place, values in enumerate(taken):
        texts = {}
        for name, value in values.items():
            foreign = type(value) is _Foreign
            kind = value.type if foreign else type(value).__name__
            types.setdefault(name, {})[kind] = None
            text = None if foreign else literal(value)
            if text is not None:
                texts[name] = text
        text_of_all = json.dumps(texts)
        if text_of_all not in distinct:
            distinct[text_of_all] = None
            last_new = place
    return list(distinct), {name: list(kinds) for name, kinds in types.items()}, last_new


def _literal_copy(value: Any) -> "str | None":
    copy = value if id(type(value)) in _ATOMS else _copied(value, MOST_DEPTH)
    return None if type(copy) is _Foreign else literal(copy)


def literal(value: Any) -> "str | None":
    """A literal as text; None for one that is too long or that Python cannot read back."""
    if not _readable(value):
        return None
    text = repr(value)
    return text if len(text) <= MOST_TEXT else None


def _readable(value: Any) -> bool:
    kind = type(value)
    if kind is float:
        return math.isfinite(value)
    if kind is int:
        return bool(value.bit_length() <= MOST_BITS)  # the digits of larger ones take long
    if kind is str or kind is bytes:
        return len(value) <= MOST_TEXT
    if kind is dict:
        return all(_readable(part) for pair in value.items() for part in pair)
    if id(kind) in _CONTAINERS:
        return all(_readable(part) for part in value)
    return id(kind) in _ATOMS
