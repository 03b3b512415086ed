"""Candidates: single edits of suspicious code, the likeliest first.

Pure. The order depends on nothing but the texts and the scores.
"""

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from gatewright.repair.edits import Edit, Family
from gatewright.repair.families.arguments import arguments, branches, tuples
from gatewright.repair.families.conditions import connectives, exits, negations
from gatewright.repair.families.names import attributes, names, twins
from gatewright.repair.families.numbers import bounds, constants
from gatewright.repair.families.operators import (
    arithmetic,
    comparisons,
    plain_to_augmented,
    signs,
)
from gatewright.repair.families.returns import returns
from gatewright.repair.localise import Scores
from gatewright.repair.source import Source, parse

FAMILIES: tuple[Family, ...] = (
    comparisons,
    connectives,
    negations,
    arithmetic,
    plain_to_augmented,
    signs,
    bounds,
    constants,
    twins,
    names,
    attributes,
    arguments,
    tuples,
    branches,
    returns,
    exits,
)


class Candidate(NamedTuple):
    """One replacement of bytes in one file."""

    path: str
    start: int
    end: int
    old: bytes
    new: bytes
    line: int
    """1-based, of the first byte that changes."""
    lines: int
    """How many lines change."""
    score: float

    def applied(self, data: bytes) -> bytes:
        """The file with the edit."""
        return data[: self.start] + self.new + data[self.end :]


def candidates(
    files: Mapping[str, bytes], scores: Scores, *, leave: Collection[str] = ()
) -> list[Candidate]:
    """All edits of code that a failing test ran, each text once, the likeliest first.

    Files that do not parse, and those in `leave`, have none.
    """
    best: dict[tuple[str, int, int, bytes], Candidate] = {}
    for path in sorted(set(scores) & set(files) - set(leave)):
        try:
            source = Source(path, files[path])
        except (SyntaxError, ValueError, RecursionError):
            continue
        for candidate in of_file(source, scores[path]):
            key = (candidate.path, candidate.start, candidate.end, candidate.new)
            if key not in best or best[key].score < candidate.score:
                best[key] = candidate
    return sorted(best.values(), key=_order)


def of_file(source: Source, scores: Mapping[int, float]) -> Iterator[Candidate]:
    """The edits of one file, in no order that matters; the same text may come twice."""
    for node in source.nodes():
        for family in FAMILIES:
            for edit in family(source, node):
                suspicion = _suspicion(source, edit.node, scores)
                if suspicion > 0:
                    yield _candidate(source, edit, suspicion)


def is_sound(candidate: Candidate, data: bytes) -> bool:
    """Whether the file still parses, and is another."""
    try:
        parse(candidate.applied(data))
    except (SyntaxError, ValueError, RecursionError):
        return False
    return candidate.old != candidate.new


def _suspicion(source: Source, node: ast.AST, scores: Mapping[int, float]) -> float:
    """Of the node's own first line, else of the statement up to the node's end.

    Python does not report every line of an expression that goes over several.
    """
    line: int = getattr(node, "lineno", 0)
    if line in scores:
        return scores[line]
    statement = source.statement(node)
    if statement is None:
        return 0.0
    last: int = getattr(node, "end_lineno", line)
    return max((scores.get(n, 0.0) for n in range(statement.lineno, last + 1)), default=0.0)


def _candidate(source: Source, edit: Edit, suspicion: float) -> Candidate:
    """The edit without what is the same before and after at both its ends."""
    old, new = source.data[edit.start : edit.end], edit.new.encode()
    head = _same(old, new)
    tail = _same(old[head:][::-1], new[head:][::-1])
    start, end = edit.start + head, edit.end - tail
    old, new = source.data[start:end], new[head : len(new) - tail]
    return Candidate(
        path=source.path,
        start=start,
        end=end,
        old=old,
        new=new,
        line=source.data.count(b"\n", 0, start) + 1,
        lines=1 + max(old.count(b"\n"), new.count(b"\n")),
        score=round(suspicion * edit.prior, 9),
    )


def _same(left: bytes, right: bytes) -> int:
    """How many bytes the two begin with in common."""
    pairs = zip(left, right, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(left), len(right)))


def _order(candidate: Candidate) -> tuple[float, str, int, int, bytes]:
    return (-candidate.score, *candidate[:3], candidate.new)
