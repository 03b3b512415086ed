"""What a family of edits proposes."""

import ast
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from gatewright.repair.source import Source, Span


class Edit(NamedTuple):
    """One replacement in one file."""

    start: int
    end: int
    new: str
    prior: float
    """How likely such an edit is to be the one, in (0, 1], against edits of other families."""
    node: ast.AST
    """What it changes: its lines say how suspicious the edit is."""


class Family(Protocol):
    """Edits of one kind of mistake."""

    def __call__(self, source: Source, node: ast.AST) -> Iterator[Edit]:
        """Edits of this node, itself and not what is in it."""
        ...


ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.List, ast.Dict)
"""Expressions that bind tighter than any operator."""


def replace(span: Span, new: str, prior: float, node: ast.AST) -> Edit:
    """Put other text in a span."""
    return Edit(span.start, span.end, new, prior, node)


def swap(source: Source, left: ast.AST, right: ast.AST, prior: float) -> Edit:
    """Exchange two nodes and leave what stands between them."""
    first, second = source.span(left), source.span(right)
    gap = source.data[first.end : second.start].decode()
    new = f"{source.text(right)}{gap}{source.text(left)}"
    return Edit(first.start, second.end, new, prior, left)


def grouped(source: Source, node: ast.AST) -> str:
    """The node's text, in parentheses where an operator beside it might tear it apart."""
    text = source.text(node)
    return text if isinstance(node, ATOMS) else f"({text})"
