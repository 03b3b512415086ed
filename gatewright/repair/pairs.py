"""Pairs of single edits that are worth a trial.

Pure. A pair is likely where both edits are; more so in one statement or function, where both are
the same change (a name or an operator that is wrong twice), and where one of them alone gets
further than the code as it is.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from gatewright.domain.syntax import parse
from gatewright.repair.mutate import Candidate
from gatewright.repair.patch import Patch, overlap

BEST = 120
"""Single edits that are paired with each other."""
PARTIAL = 60
"""Further ones, each of which makes some failing tests pass."""

SAME_LINE = 1.0
SAME_FUNCTION = 0.7
SAME_FILE = 0.3
ELSEWHERE = 0.15
TWIN = 2.0
"""The same change in two places."""
HELPFUL = 4.0
"""One of the two makes a failing test pass."""


def pairs(
    singles: Sequence[Candidate], helpful: Iterable[Candidate], files: Mapping[str, bytes]
) -> list[Patch]:
    """Pairs of the best of `singles` and of the `helpful`, the likeliest first."""
    better = set(list(dict.fromkeys(helpful))[:PARTIAL])
    chosen = list(dict.fromkeys([*singles[:BEST], *(one for one in singles if one in better)]))
    functions = {path: _functions(files[path]) for path in {one.path for one in chosen}}
    found: dict[tuple[Candidate, Candidate], float] = {}
    for first, second in _together(chosen, singles):
        if overlap(first, second):
            continue
        weight = first.score * second.score * _nearness(first, second, functions)
        weight *= TWIN if _is_twin(first, second) else 1.0
        weight *= HELPFUL if first in better or second in better else 1.0
        found[_ordered(first, second)] = weight
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [Patch(pair, weight) for pair, weight in ranked]


def covering(
    covers: Mapping[Candidate, frozenset[str]], failing: Iterable[str], *, most: int
) -> list[Patch]:
    """Pairs of edits that make all failing tests pass, each some of them."""
    wanted = frozenset(failing)
    found = [
        Patch(_ordered(first, second), first.score * second.score)
        for first, second in combinations(covers, 2)
        if covers[first] | covers[second] == wanted and not overlap(first, second)
    ]
    return sorted(found, key=lambda pair: (-pair.score, pair.edits))[:most]


def _together(
    chosen: Sequence[Candidate], singles: Sequence[Candidate]
) -> Iterator[tuple[Candidate, Candidate]]:
    yield from combinations(chosen, 2)
    alike: dict[tuple[str, bytes, bytes], list[Candidate]] = {}
    for one in singles:
        alike.setdefault((one.path, one.old, one.new), []).append(one)
    for one in chosen:
        for other in alike[one.path, one.old, one.new]:
            if one.line != other.line:
                yield one, other


def _is_twin(first: Candidate, second: Candidate) -> bool:
    return (first.path, first.old, first.new) == (second.path, second.old, second.new)


def _ordered(first: Candidate, second: Candidate) -> tuple[Candidate, Candidate]:
    return (first, second) if first[:3] <= second[:3] else (second, first)


def _nearness(
    first: Candidate, second: Candidate, functions: Mapping[str, Mapping[int, int]]
) -> float:
    if first.path != second.path:
        return ELSEWHERE
    if first.line == second.line:
        return SAME_LINE
    of_line = functions[first.path]
    same = of_line.get(first.line) == of_line.get(second.line) is not None
    return SAME_FUNCTION if same else SAME_FILE


def _functions(data: bytes) -> dict[int, int]:
    """By line, the first line of the innermost function around it."""
    found: dict[int, int] = {}
    try:
        tree = parse(data)
    except (SyntaxError, ValueError, RecursionError):
        return found
    for node in ast.walk(tree):  # outer ones first, so that inner ones have the last word
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            last = node.end_lineno or node.lineno
            found.update(dict.fromkeys(range(node.lineno, last + 1), node.lineno))
    return found
