"""The top-level statements of one file, so that an edit of one compiles that one alone.

A statement is compiled with empty lines before it, so that its line numbers stay, with the
`__future__` flags of its file, and with its imported names, which the compiler treats in a way of
their own: its code is then the same as in the whole file.
"""

import __future__

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from types import CodeType
from typing import NamedTuple

COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)
PARTS = (ast.stmt, ast.ExceptHandler, ast.match_case)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
BOM = b"\xef\xbb\xbf"


class Edit(NamedTuple):
    """Bytes of a file that become others."""

    start: int
    end: int
    new: bytes


class Piece(NamedTuple):
    """One top-level statement with its whole lines."""

    first: int
    """Its first line; 1-based, decorators included."""
    start: int
    end: int
    """Bytes of the file, the last line feed not among them."""


class Uncut(Exception):
    """The edits cannot be looked at apart from the rest of the file."""


class Pieces:
    """One file, cut where that is safe."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._compiled: dict[Piece, CodeType] = {}

    def changed(self, edits: Iterable[Edit], filename: str) -> list[tuple[CodeType, CodeType]]:
        """The code of each changed statement, before and after.

        Raises: Uncut, also for what does not compile: in the whole file it may.
        """
        found: dict[Piece, list[Edit]] = {}
        for edit in edits:
            found.setdefault(self._around(edit), []).append(edit)
        return [
            (self._before(piece, filename), self._after(piece, own, filename))
            for piece, own in found.items()
        ]

    def prepare(self, edits: Iterable[Edit], filename: str) -> None:
        """Compile what the edits change, as it was, once for all that come later."""
        for edit in edits:
            try:
                self._before(self._around(edit), filename)
            except Uncut:
                continue

    def _around(self, edit: Edit) -> Piece:
        for piece in self._pieces:
            if piece.start <= edit.start and edit.end <= piece.end:
                return piece
        raise Uncut("an edit between statements, or of several")

    def _before(self, piece: Piece, filename: str) -> CodeType:
        if piece not in self._compiled:
            text = self._data[piece.start : piece.end]
            self._compiled[piece] = self._compile(piece.first, text, filename)
        return self._compiled[piece]

    def _after(self, piece: Piece, edits: list[Edit], filename: str) -> CodeType:
        text = self._data[piece.start : piece.end]
        for edit in sorted(edits, reverse=True):
            start, end = edit.start - piece.start, edit.end - piece.start
            text = text[:start] + edit.new + text[end:]
        return self._compile(piece.first, text, filename)

    def _compile(self, first: int, data: bytes, filename: str) -> CodeType:
        try:
            text = "\n" * (first - 1) + data.decode() + self._imports
            code: CodeType = compile(text, filename, "exec", self._flags, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as odd:
            raise Uncut("a statement that does not compile by itself") from odd
        return code

    @cached_property
    def _tree(self) -> ast.Module:
        """Empty where the file is one that is not cut."""
        text = self._data
        head = b"\n".join(text.split(b"\n", 2)[:2])
        cookie = COOKIE.search(head)
        odd = cookie and cookie[1].lower().replace(b"_", b"-") not in (b"utf-8", b"utf8")
        # A lone carriage return ends a line for Python, and not for us.
        if odd or b"\r" in text.replace(b"\r\n", b"\n"):
            return ast.Module(body=[], type_ignores=[])
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.Module(body=[], type_ignores=[])

    @cached_property
    def _imports(self) -> str:
        """A line that binds what the file imports."""
        names = dict.fromkeys(_imported(self._tree))
        return "\nimport " + ", ".join(f"x as {name}" for name in names) + "\n" if names else "\n"

    @cached_property
    def _flags(self) -> int:
        names = [
            alias.name
            for node in self._tree.body
            if isinstance(node, ast.ImportFrom) and node.module == "__future__"
            for alias in node.names
        ]
        flags: set[int] = {getattr(__future__, name).compiler_flag for name in names}
        return sum(flags)

    @cached_property
    def _pieces(self) -> list[Piece]:
        """Those statements that share no line with another one."""
        lines = self._data.split(b"\n")
        starts = [0, *itertools.accumulate(len(line) + 1 for line in lines)]
        if self._data.startswith(BOM):
            starts[0] = len(BOM)
        body = self._tree.body
        spans = [(_first(node), node.end_lineno or 0) for node in body]
        pieces = []
        for number, (first, last) in enumerate(spans):
            before = spans[number - 1][1] if number else 0
            after = spans[number + 1][0] if number + 1 < len(spans) else last + 1
            if before < first and last < after:
                pieces.append(Piece(first, starts[first - 1], starts[last] - 1))
        return pieces


def _imported(node: ast.AST) -> Iterator[str]:
    """Names that imports bind in this scope."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            for alias in child.names:
                if alias.name != "*":
                    yield alias.asname or alias.name.partition(".")[0]
        elif isinstance(child, PARTS) and not isinstance(child, SCOPES):
            yield from _imported(child)


def _first(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    first: int = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return first
