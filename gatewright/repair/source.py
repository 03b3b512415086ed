"""One file as text and as a syntax tree, with the exact bytes of every node."""

import ast
import re
import sys
import warnings
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from gatewright.domain import syntax

BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")
_FSTRINGS_HAVE_POSITIONS = sys.version_info >= (3, 12)


class Span(NamedTuple):
    """Bytes from `start` up to, not including, `end`."""

    start: int
    end: int


class Source:
    """A file that parses; offsets count the bytes of `data`.

    Raises: SyntaxError, and ValueError for a null byte.
    """

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self.tree = parse(data)
        start = len(BOM) if data.startswith(BOM) else 0
        self._starts = [start, *(match.end() for match in _LINE_END.finditer(data))]
        self.parents: dict[ast.AST, ast.AST] = {}
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node

    def span(self, node: ast.AST) -> Span:
        """Where an expression or statement stands, without the parentheses around it."""
        start = self._starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = self._starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        return Span(start, end)

    def text(self, node: ast.AST) -> str:
        """The node as it is written."""
        span = self.span(node)
        return self.data[span.start : span.end].decode()

    def line(self, offset: int) -> int:
        """The 1-based line of a byte."""
        return max(1, bisect_right(self._starts, offset))

    def line_start(self, offset: int) -> int:
        """The first byte of the line of a byte, after a byte order mark."""
        return self._starts[self.line(offset) - 1]

    def line_end(self, offset: int) -> int:
        """Before the line end of the line of a byte."""
        found = _LINE_END.search(self.data, offset)
        return found.start() if found else len(self.data)

    def indent(self, node: ast.AST) -> str | None:
        """What stands before a node on its line, if that is nothing but space."""
        start = self.span(node).start
        before = self.data[self.line_start(start) : start]
        return None if before.strip() else before.decode()

    @cached_property
    def newline(self) -> str:
        """The line end that the file begins with."""
        found = _LINE_END.search(self.data)
        return found[0].decode() if found else "\n"

    @cached_property
    def indent_step(self) -> str:
        """One level of indentation as the file has it first; four spaces where it has none."""
        blocks = (node for node in ast.walk(self.tree) if isinstance(node, ast.stmt))
        for node in blocks:
            inner = getattr(node, "body", None)
            if not isinstance(inner, list) or not inner or not isinstance(inner[0], ast.stmt):
                continue
            outer, within = self.indent(node), self.indent(inner[0])
            if within and outer is not None and within.startswith(outer) and within != outer:
                return within[len(outer) :]
        return "    "

    def between(self, left: ast.AST, right: ast.AST) -> Span:
        """What stands between two nodes: operators, commas, parentheses, comments."""
        return Span(self.span(left).end, self.span(right).start)

    def token(self, within: Span, token: str) -> Span | None:
        """The first place of a token (words apart by single spaces) outside comments."""
        words = rb"(?:\s|\\|#[^\r\n]*)+".join(re.escape(word.encode()) for word in token.split())
        edge = rb"\b" if token[0].isalpha() else b""
        pattern = re.compile(rb"#[^\r\n]*|(" + edge + words + edge + rb")")
        for match in pattern.finditer(self.data, within.start, within.end):
            if match[1]:
                return Span(match.start(), match.end())
        return None

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """From the parent up to the module."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The innermost statement that the node is in, or is."""
        if isinstance(node, ast.stmt):
            return node
        return next((up for up in self.ancestors(node) if isinstance(up, ast.stmt)), None)

    def nodes(self, root: ast.AST | None = None) -> Iterator[ast.AST]:
        """What may be edited, in the order of the text, of all or below a node; see `_skipped`."""
        waiting: list[ast.AST] = [self.tree if root is None else root]
        while waiting:
            node = waiting.pop()
            yield node
            children = [child for child in ast.iter_child_nodes(node) if not _skipped(node, child)]
            waiting.extend(reversed(children))


def parse(data: bytes) -> ast.Module:
    """Parse without a word on strange escapes.

    Raises: SyntaxError, and ValueError for a null byte.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return syntax.parse(data.removeprefix(BOM))


def _skipped(parent: ast.AST, child: ast.AST) -> bool:
    """Annotations, docstrings, decorators, imports, messages, and what has no exact position."""
    if isinstance(child, ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal):
        return True
    if isinstance(child, ast.JoinedStr):
        return not _FSTRINGS_HAVE_POSITIONS or isinstance(parent, ast.FormattedValue)
    if isinstance(child, ast.Constant) and isinstance(parent, ast.JoinedStr | ast.Expr):
        return True
    if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return child in parent.decorator_list or child is getattr(parent, "returns", None)
    if isinstance(parent, ast.If):
        return child is parent.test and is_main_guard(parent)
    said = (getattr(parent, "annotation", None), getattr(parent, "msg", None))
    return isinstance(child, ast.expr) and child in said


def is_main_guard(node: ast.If) -> bool:
    """Whether it asks how the module is run, or for whom."""
    names = {part.id for part in ast.walk(node.test) if isinstance(part, ast.Name)}
    return bool(names & {"__name__", "TYPE_CHECKING"})
