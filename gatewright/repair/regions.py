"""Which statements an edit touches, before and after it, and where they differ.

Pure. Only these statements are parsed anew, so that thousands of edits a second can be looked at.
"""

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gatewright.repair.mutate import Candidate
from gatewright.repair.source import Source, parse

Pair = tuple[ast.AST, ast.AST]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Region(NamedTuple):
    """Statements beside each other in one block of a function."""

    statements: tuple[ast.stmt, ...]
    following: ast.stmt | None
    """The one after them in the same block."""
    header: bool
    """Of the only statement, just what stands before its block."""
    start: int
    end: int


class Change(NamedTuple):
    """What an edit does, as trees; the edit of nothing but layout has none of it."""

    chain: tuple[Pair, ...]
    """Nodes before and after that differ in one part only, from a statement to that part."""
    before: tuple[ast.stmt, ...]
    after: tuple[ast.stmt, ...]
    """The statements that are not the same; empty where one was only put in or left out."""
    anchor: ast.stmt | None
    """In the file: the first of those statements, or the one they come before."""
    header: bool
    """In the trees, a `pass` stands for the block of each statement."""

    @property
    def is_layout(self) -> bool:
        """Whether the code is the same."""
        return not (self.before or self.after)


class Regions:
    """The statements of one file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._before: dict[tuple[int, int], list[ast.stmt] | None] = {}
        self._places: dict[ast.stmt, tuple[list[int], list[int]]] = {}
        self._owners: dict[int, int] = {}
        for node in ast.walk(source.tree):
            if isinstance(node, ast.stmt):
                for line in own_lines(node):
                    self._owners[line] = self._owners.get(line, 0) + 1

    def change(self, candidate: Candidate) -> Change | None:
        """What the edit changes within one function; None where that cannot be told."""
        region = self._region(candidate.start, candidate.end)
        if region is None:
            return None
        key = (region.start, region.end)
        if key not in self._before:
            self._before[key] = self._parsed(region, region.end, b"", region.end)
        before = self._before[key]
        after = self._parsed(region, candidate.start, candidate.new, candidate.end)
        if before is None or after is None:
            return None
        return _change(before, after, region)

    def is_alone(self, node: ast.stmt) -> bool:
        """Whether no other statement has a part of itself on the same lines."""
        return all(self._owners[line] == 1 for line in own_lines(node))

    def _region(self, start: int, end: int) -> Region | None:
        block: Sequence[ast.stmt] | None = self._source.tree.body
        found: Region | None = None
        inside = False
        while block:
            region = self._in_block(block, start, end)
            if region is None:
                break
            found = region if inside else None
            if len(region.statements) > 1:
                break
            only = region.statements[0]
            inside = inside or isinstance(only, _FUNCTIONS)
            block = next((b for b in _blocks(only) if self._holds(b, start)), None)
        return found

    def _holds(self, block: Sequence[ast.stmt], start: int) -> bool:
        starts, ends = self._bounds(block)
        return starts[0] <= start <= ends[-1]

    def _bounds(self, block: Sequence[ast.stmt]) -> tuple[list[int], list[int]]:
        """Where the statements of a block start and end."""
        if block[0] not in self._places:
            starts, ends = [self._start(n) for n in block], [self._end(n) for n in block]
            self._places[block[0]] = (starts, ends)
        return self._places[block[0]]

    def _in_block(self, block: Sequence[ast.stmt], start: int, end: int) -> Region | None:
        """The fewest statements of a block around the edit."""
        starts, ends = self._bounds(block)
        first = bisect_right(starts, start) - 1
        last = max(first, bisect_left(ends, end))
        if first < 0 or last == len(block):
            return None
        following = block[last + 1] if last + 1 < len(block) else None
        statements = tuple(block[first : last + 1])
        inner = next(_blocks(block[first]), None) if first == last else None
        if inner and end < (top := self._bounds(inner)[0][0]):
            return Region(statements, following, True, starts[first], top)
        return Region(statements, following, False, starts[first], ends[last])

    def _parsed(self, region: Region, start: int, new: bytes, end: int) -> list[ast.stmt] | None:
        """The statements of a region with other text in a part of it."""
        data = self._source.data
        text = data[region.start : start] + new + data[end : region.end]
        line = data.rfind(b"\n", 0, region.start) + 1
        indent = data[line : region.start]
        if indent.strip() or not indent:
            return None
        text = text.removeprefix(b"el") if text.startswith(b"elif") else text
        block = b"pass" if region.header else b""
        try:
            tree = parse(b"if 1:\n" + indent + text + block)
        except (SyntaxError, ValueError, RecursionError):
            return None
        match tree.body:
            case [ast.If(body=body, orelse=[])]:
                return body
        return None

    def _start(self, node: ast.stmt) -> int:
        decorators = getattr(node, "decorator_list", None)
        return (
            self._source.span(decorators[0]).start - 1 if decorators else self._source.span(node)[0]
        )

    def _end(self, node: ast.stmt) -> int:
        return self._source.span(node).end


def own_lines(node: ast.stmt) -> range:
    """The lines of a statement without the blocks in it."""
    last = node.end_lineno or node.lineno
    for block in _blocks(node):
        inner = min(
            block[0].lineno, *(d.lineno for d in getattr(block[0], "decorator_list", ())), last + 1
        )
        return range(node.lineno, max(inner, node.lineno + 1))
    return range(node.lineno, last + 1)


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The blocks right within a statement, in the order of the text."""
    for part in ("body", "handlers", "cases", "orelse", "finalbody"):
        inner = getattr(node, part, None)
        if not inner or not isinstance(inner, list):
            continue
        if isinstance(inner[0], ast.stmt):
            yield inner
            continue
        for clause in inner:
            yield clause.body


def _change(before: list[ast.stmt], after: list[ast.stmt], region: Region) -> Change:
    """Leave what is the same at both ends."""
    chains = [difference(*pair) for pair in zip(before, after, strict=False)]
    shorter = len(chains)
    head = next((n for n, chain in enumerate(chains) if chain), shorter)
    tail = 0
    while tail < shorter - head:
        same = len(before) == len(after) and chains[-1 - tail] is None
        if not same and difference(before[-1 - tail], after[-1 - tail]):
            break
        tail += 1
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    chain = chains[head] if len(old) == len(new) == 1 else None
    statements = (*region.statements, region.following)
    return Change(tuple(chain or ()), tuple(old), tuple(new), statements[head], region.header)


def difference(before: ast.AST, after: ast.AST) -> list[Pair] | None:
    """The nodes down to the smallest part that holds all that differs; None: nothing does."""
    here = (before, after)
    kind = type(before)
    if kind is not type(after):
        return [here]
    found: list[Pair] | None = None
    for name in _compared(kind):
        left, right = getattr(before, name, None), getattr(after, name, None)
        if isinstance(left, ast.AST) and isinstance(right, ast.AST):
            inner = difference(left, right)
        elif isinstance(left, list) and isinstance(right, list):
            inner = _of_lists(left, right, here)
        else:
            inner = None if type(left) is type(right) and left == right else [here]
        if inner and (found or inner[0] is here):
            return [here]
        found = found or inner
    return [here, *found] if found else None


def _of_lists(left: list[Any], right: list[Any], here: Pair) -> list[Pair] | None:
    """The difference between parts of a node; `here` where it is in more than one."""
    if len(left) != len(right):
        return [here]
    found: list[Pair] | None = None
    for one, other in zip(left, right, strict=True):
        if isinstance(one, ast.AST) and isinstance(other, ast.AST):
            inner = difference(one, other)
        else:
            inner = None if type(one) is type(other) and one == other else [here]
        if inner and (found or inner[0] is here):
            return [here]
        found = found or inner
    return found


def _compared(kind: type[ast.AST]) -> tuple[str, ...]:
    """Fields that say what a node means; a context follows from the place."""
    if kind not in _fields:
        ignored = ("ctx", "kind", "type_comment")
        _fields[kind] = tuple(name for name in kind._fields if name not in ignored)
    return _fields[kind]


_fields: dict[type[ast.AST], tuple[str, ...]] = {}
