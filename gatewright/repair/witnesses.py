"""Which of the tests that passed before could notice a patch, and what time a test is given."""

import ast
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gatewright.domain.syntax import parse
from gatewright.repair.answers import Observation
from gatewright.repair.mutate import Candidate
from gatewright.repair.patch import Patch

MOST_TESTS = 300
"""For one patch; the whole suite comes later, for those that are plausible."""
MOST_S = 3.0
"""Of all these tests together, as they took while they were traced."""
HUNG = 0.9
"""Of the time for a test: one that took longer was ended for it."""
QUICK_S = 0.01
QUICK_CPU_S = 0.12
"""What a test is given where tests usually take less than `QUICK_S`."""
LEAST_CPU_S = 0.25
TIMES = 3.0
"""So many times the usual: that was traced, and tracing slows down most."""
LEAST_WAIT_S = 0.5
MOST_SETUP_S = 2.0


class Limit(NamedTuple):
    """What one test may take."""

    cpu_s: float
    wait_s: float
    """By the clock, without using the processor."""


class Witnesses:
    """The tests by what they ran."""

    def __init__(self, seen: Observation, files: Mapping[str, bytes]) -> None:
        self._seen = seen
        self._files = files
        self._functions: dict[str, list[range]] = {}
        self._found: dict[tuple[tuple[str, int, int], ...], tuple[int, ...]] = {}
        self._seconds = [seen.tests[name][1] for name in seen.passing]

    def of(self, patch: Patch) -> tuple[int, ...]:
        """By their numbers in `passing`: first those of quick files, each file's in order."""
        key = tuple((edit.path, edit.line, edit.lines) for edit in patch.edits)
        if key not in self._found:
            self._found[key] = self._chosen(patch)
        return self._found[key]

    def _chosen(self, patch: Patch) -> tuple[int, ...]:
        near = {test for edit in patch.edits for test in self._ran_lines(edit)}
        far = {test for edit in patch.edits for test in self._ran_function(edit)}
        chosen: list[int] = []
        spent = 0.0
        for test in sorted(near | far, key=lambda n: (n not in near, self._seconds[n], n)):
            spent += self._seconds[test]
            if len(chosen) >= MOST_TESTS or (chosen and spent > MOST_S):
                break
            chosen.append(test)
        files: dict[str, float] = {}
        for test in chosen:
            files[self._file(test)] = files.get(self._file(test), 0.0) + self._seconds[test]
        return tuple(sorted(chosen, key=lambda n: (files[self._file(n)], self._file(n), n)))

    def _file(self, test: int) -> str:
        return self._seen.passing[test].partition("::")[0]

    def _ran_lines(self, edit: Candidate) -> Iterator[int]:
        lines = self._seen.witnesses.get(edit.path, {})
        for line in range(edit.line, edit.line + edit.lines):
            if line in lines:
                yield from self._seen.groups[lines[line]]

    def _ran_function(self, edit: Candidate) -> Iterator[int]:
        """All tests that ran the file, for an edit that is not within one function."""
        inside = range(edit.line, edit.line + edit.lines)
        around = [
            lines
            for lines in self._functions_of(edit.path)
            if inside[0] in lines and inside[-1] in lines
        ]
        if not around:
            yield from self._seen.users.get(edit.path, ())
            return
        innermost = min(around, key=len)
        lines = self._seen.witnesses.get(edit.path, {})
        known = [lines[line] for line in innermost if line in lines]
        if not known:  # no failing test ran it, and then it is not known which others did
            yield from self._seen.users.get(edit.path, ())
        for group in known:
            yield from self._seen.groups[group]

    def _functions_of(self, path: str) -> list[range]:
        if path not in self._functions:
            try:
                tree = parse(self._files[path])
            except (SyntaxError, ValueError, RecursionError):
                tree = ast.Module(body=[], type_ignores=[])
            self._functions[path] = [
                range(node.body[0].lineno, (node.end_lineno or 0) + 1)
                for node in ast.walk(tree)
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            ]
        return self._functions[path]


def failing_limit(seen: Observation, test_s: float) -> Limit:
    """For each failing test, by what tests usually take; those that never ended tell nothing."""
    failing = [s for s in _seconds(seen, seen.failing) if s <= test_s * HUNG]
    passing = sorted(_seconds(seen, seen.passing))
    first = _seconds(seen, (*seen.targets[:1], *list(seen.tests)[:1]))  # it sets fixtures up
    usual = [*failing, *(s for s in first if s <= test_s * HUNG)]
    usual += passing[len(passing) * 3 // 4 :][:1]
    longest = max(usual, default=LEAST_CPU_S)
    if longest < QUICK_S:
        return Limit(QUICK_CPU_S, LEAST_WAIT_S)
    return Limit(LEAST_CPU_S + TIMES * longest, LEAST_WAIT_S + TIMES * longest)


def passing_limits(seen: Observation) -> list[Limit]:
    """For each test that passed; any may be the first, and set fixtures up for others."""
    each = list(_seconds(seen, seen.passing))
    setup = min(MOST_SETUP_S, max(each, default=0.0))
    return [Limit(LEAST_CPU_S + TIMES * s + setup, LEAST_WAIT_S + TIMES * s + setup) for s in each]


def is_hung(seen: Observation, name: str, test_s: float) -> bool:
    """Whether a test was ended for its time."""
    return seen.tests[name][1] > test_s * HUNG if name in seen.tests else False


def hung_s(seen: Observation, test_s: float) -> float:
    """Seconds that went by in failing tests which never ended."""
    return sum(s for s in _seconds(seen, seen.failing) if s > test_s * HUNG)


def _seconds(seen: Observation, names: tuple[str, ...]) -> Iterator[float]:
    return (seen.tests[name][1] for name in names if name in seen.tests)
