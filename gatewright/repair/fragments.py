"""The smallest part of a file that must be parsed to know whether an edit is sound.

A whole statement on lines of its own stands for the file; of a compound statement only the header
where nothing else changes. What an edit makes of the indentation must stay within the part.
"""

import ast
import re
import warnings
from bisect import bisect_right
from functools import lru_cache
from typing import NamedTuple

from gatewright.domain.syntax import parse
from gatewright.repair.source import BOM, Source

_INDENT = re.compile(rb"[ \t\f]*")
_REST = re.compile(rb"[ \t\f]*(#[^\r\n]*)?(?=\r|\n|\Z)")


class Unit(NamedTuple):
    """A statement, with its decorators."""

    node: ast.stmt
    start: int
    end: int
    line: int
    """Where the statement's first line starts."""
    tail: int
    """Where its last line ends, before the line end."""
    alone: bool
    """Nothing else stands on its lines."""
    body: int
    """Where the first line of its body starts; 0 for a statement without, or on one line."""


class Part(NamedTuple):
    """Bytes that are parsed in the place of the file."""

    start: int
    end: int
    header: bool
    skip: int
    """The `el` of an `elif`."""
    indent: bytes


class Fragments:
    """The statements of one file by place."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._data = source.data
        self._units: dict[ast.AST, tuple[list[int], list[Unit]]] = {}

    def part(self, start: int, end: int, new: bytes) -> Part:
        """Where to look, for bytes `start` to `end` that become `new`."""
        found = Part(0, len(self._data), header=False, skip=0, indent=b"")
        if self._reaches(start, end, new):
            return found
        lines = self._lines(start, end, new)
        node: ast.AST = self._source.tree
        while True:
            unit = self._child(node, start, end)
            if unit is None:
                return found
            if unit.body and unit.start < start and end < unit.body - 1:
                header = self._header(unit, start, end, new)
                if header is not None:
                    return header
            if unit.alone and not (start <= unit.start and unit.end <= end):
                indent = self._data[unit.line : unit.start]
                if _keeps(indent, lines, first=start <= unit.start):
                    found = Part(unit.line, unit.tail, header=False, skip=0, indent=indent)
            node = unit.node

    def leftmost(self, start: int, old: bytes, new: bytes) -> tuple[int, bytes, bytes]:
        """The same insertion or deletion as far left as it may be said to be."""
        piece = new or old
        if old and new:
            return start, old, new
        while start and piece and self._data[start - 1] == piece[-1]:
            start -= 1
            piece = piece[-1:] + piece[:-1]
        return start, piece if old else b"", piece if new else b""

    def text(self, part: Part, start: int, end: int, new: bytes) -> bytes:
        """What is parsed in the place of the whole file; `end == start` and no `new`: as it is."""
        inside = self._data[part.start : start] + new + self._data[end : part.end]
        if part.header:
            inside = part.indent + inside[len(part.indent) + part.skip :] + part.indent + b" pass"
        if part.indent:
            return b"if 1:\n" + inside + b"\n"
        return inside.removeprefix(BOM) + b"\n"

    def _header(self, unit: Unit, start: int, end: int, new: bytes) -> Part | None:
        if b"\n" in new or b"\r" in new or b"\n" in self._data[start:end]:
            return None
        indent = self._data[unit.line : unit.start]
        if indent.strip():
            return None
        is_elif = self._data.startswith(b"elif", unit.start)
        if is_elif and start < unit.start + 4:
            return None
        if self._after_backslash(unit.line):
            return None
        return Part(unit.line, unit.body, header=True, skip=2 if is_elif else 0, indent=indent)

    def _lines(self, start: int, end: int, new: bytes) -> list[bytes]:
        """The lines that an edit may give another indentation, as they become."""
        first = self._data.rfind(b"\n", 0, start) + 1
        before = self._data[first:start]
        if b"\n" not in new and b"\n" not in self._data[start:end] and before.strip():
            return []
        after = self._data[end : self._source.line_end(end)]
        return [line for line in (before + new + after).splitlines() if line.strip()]

    def _reaches(self, start: int, end: int, new: bytes) -> bool:
        """Whether a string or a line might go on beyond the statement."""
        changed = new + self._data[start:end]
        if b"'" not in changed and b'"' not in changed and b"\\" not in changed:
            return False
        around = self._data[self._source.line_start(start) : start] + new
        around += self._data[end : self._source.line_end(end)]
        return b"\\" in around or b"'''" in around or b'"""' in around

    def _child(self, node: ast.AST, start: int, end: int) -> Unit | None:
        if node not in self._units:
            units = [self._unit(child) for child in _statements(node)]
            units.sort(key=lambda unit: unit.start)
            self._units[node] = ([unit.start for unit in units], units)
        starts, units = self._units[node]
        place = bisect_right(starts, start) - 1
        if place < 0 or units[place].end < end:
            return None
        return units[place]

    def _unit(self, node: ast.stmt) -> Unit:
        start, end = self._source.span(node)
        decorators = getattr(node, "decorator_list", [])
        if decorators:
            first = self._source.line_start(self._source.span(decorators[0]).start)
            indent = _INDENT.match(self._data, first)
            start = indent.end() if indent else first
        line = self._source.line_start(start)
        rest = _REST.match(self._data, end)
        begins = not self._data[line:start].strip() and not self._after_backslash(line)
        is_elif = self._data.startswith(b"elif", start) and isinstance(node, ast.If)
        return Unit(
            node=node,
            start=start,
            end=end,
            line=line,
            tail=rest.end() if rest else end,
            alone=begins and rest is not None and not is_elif,
            body=self._body(node, start),
        )

    def _body(self, node: ast.stmt, start: int) -> int:
        body = getattr(node, "body", None)
        if not body or not isinstance(body[0], ast.stmt):
            return 0
        if getattr(body[0], "decorator_list", None):
            return 0
        first = self._source.span(body[0]).start
        line = self._source.line_start(first)
        if line <= start or self._data[line:first].strip() or self._after_backslash(line):
            return 0  # on the header's line
        return line

    def _after_backslash(self, line: int) -> bool:
        return self._data[:line].rstrip(b"\r\n").endswith(b"\\") if line else False


def _keeps(indent: bytes, lines: list[bytes], *, first: bool) -> bool:
    """Whether lines are as deep as a statement or deeper; the first as deep, if it begins it."""
    if first and lines:
        found = _INDENT.match(lines[0])
        if found is None or found[0] != indent:
            return False
    return all(line.startswith(indent) for line in lines)


def parsed(text: bytes) -> ast.Module | None:
    """The tree, or None where there is none; says nothing of strange escapes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


@lru_cache(maxsize=16)
def fragments(data: bytes) -> Fragments | None:
    """Of a file by its bytes; None for one that does not parse."""
    try:
        return Fragments(Source("", data))
    except (SyntaxError, ValueError, RecursionError):
        return None


def _statements(node: ast.AST) -> list[ast.stmt]:
    """The statements right below one, through handlers and cases."""
    found: list[ast.stmt] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            found.append(child)
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            found += _statements(child)
    return found
