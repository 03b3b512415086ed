"""What the tests came to and which of them ran which lines, from what traced runs wrote down."""

from collections import Counter
from typing import Any

from gatewright.repair.inside.child import Child

Json = dict[str, Any]
Line = tuple[str, int]


def records(child: Child) -> dict[str, Json]:
    """What each test came to; one that was begun and not ended has failed."""
    tests: dict[str, Json] = {}
    for record in child.records():
        if "start" in record:
            tests[record["start"]] = {"outcome": "failed", "seconds": 0.0, "lines": []}
        if "test" in record:
            tests[record["test"]] = record
    return tests


def spectrum(tests: dict[str, Json], failing: list[str], imported: set[Any]) -> Json:
    """How many failing and passing tests ran each line that some failing test ran.

    A line of a module or class body counts as run by the tests that ran a function of its file;
    where no failing test did, by all tests.
    """
    passing = [name for name, test in tests.items() if test["outcome"] == "passed"]
    by_failing: Counter[Any] = Counter()
    by_passing: dict[Line, list[int]] = {}
    files: dict[str, set[str]] = {}
    for name in failing:
        lines = [(str(file), int(line)) for file, line in tests[name]["lines"]]
        by_failing.update(lines)
        for file in {file for file, _ in lines}:
            files.setdefault(file, set()).add(name)
    for number, name in enumerate(passing):
        for file, line in tests[name]["lines"]:
            by_passing.setdefault((file, line), []).append(number)
            files.setdefault(file, set()).add(name)
    witnesses = _witnesses(by_failing, by_passing)
    counts = {key: [count, len(by_passing.get(key, ()))] for key, count in by_failing.items()}
    bad, good = set(failing), set(passing)
    for file, line in imported:
        users = files.get(file, set())
        users = users if users & bad else bad | good
        counts[file, line] = [len(users & bad), len(users & good)]
    found: dict[str, dict[int, list[int]]] = {}
    for (file, line), count in counts.items():
        found.setdefault(file, {})[line] = count
    index = {name: number for number, name in enumerate(passing)}
    users_of = {f: sorted(index[n] for n in files.get(f, good) & good) for f in found}
    return {"spectrum": found, "passing": passing, "users": users_of, **witnesses}


def _witnesses(by_failing: Counter[Any], by_passing: dict[Line, list[int]]) -> Json:
    """By line that failing tests ran too: the group of passing tests that did, each group once."""
    groups: dict[tuple[int, ...], int] = {}
    lines: dict[str, dict[int, int]] = {}
    for file, line in by_failing:
        group = tuple(by_passing.get((file, line), ()))
        lines.setdefault(file, {})[line] = groups.setdefault(group, len(groups))
    return {"groups": list(groups), "witnesses": lines}
