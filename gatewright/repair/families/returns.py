"""Wrong return values: the opposite, a part of it, nothing."""

import ast
from collections.abc import Iterator

from gatewright.repair.edits import Edit, grouped, replace
from gatewright.repair.source import Source

OPPOSITE = 0.4
PART = 0.35
NONE = 0.2


def returns(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another value in the place of the one that is returned."""
    if not isinstance(node, ast.Return) or node.value is None:
        return
    value = node.value
    span = source.span(value)
    truth = isinstance(value, ast.Call | ast.Name | ast.Attribute | ast.BoolOp)
    if truth:
        yield replace(span, f"not {grouped(source, value)}", OPPOSITE, value)
    if isinstance(value, ast.BinOp):
        for part in (value.left, value.right):
            yield replace(span, source.text(part), PART, value)
    if isinstance(value, ast.Attribute | ast.Subscript):
        yield replace(span, source.text(value.value), PART / 2, value)
    if not (isinstance(value, ast.Constant) and value.value is None):
        yield replace(span, "None", NONE, value)
