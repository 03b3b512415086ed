"""Wrong conditions: `and` for `or`, a `not` too many or too few, a part too many; loop exits."""

import ast
from collections.abc import Iterator

from gatewright.repair.edits import ATOMS, Edit, replace
from gatewright.repair.source import Source, Span

BOOLEAN = 0.8
NOT = 0.7
LESS = 0.35
EXIT = 0.5


def connectives(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`and` for `or` and the reverse; or one part left out."""
    if not isinstance(node, ast.BoolOp):
        return
    token, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    for left, right in zip(node.values, node.values[1:], strict=False):
        span = source.token(source.between(left, right), token)
        if span is not None:
            yield replace(span, other, BOOLEAN, left)
    first, last = node.values[0], node.values[-1]
    if len(node.values) == 2:  # with more, or in parentheses, what is left is harder to cut out
        start, end = source.span(node)
        if source.span(first).start == start and source.span(last).end == end:
            whole = Span(start, end)
            yield replace(whole, source.text(first), LESS, first)
            yield replace(whole, source.text(last), LESS, last)


def negations(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A condition turned round."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        start = source.span(node).start
        yield replace(Span(start, source.span(node.operand).start), "", NOT, node.operand)
        return
    if not is_condition(source.parents.get(node), node):
        return
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return  # `comparisons` has the opposite, and it reads better
    text = source.text(node)
    new = f"not {text}" if isinstance(node, ATOMS) else f"not ({text})"
    yield replace(source.span(node), new, NOT, node)


def exits(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`break` for `continue` and the reverse."""
    if isinstance(node, ast.Break):
        yield replace(source.span(node), "continue", EXIT, node)
    if isinstance(node, ast.Continue):
        yield replace(source.span(node), "break", EXIT, node)


def is_condition(parent: ast.AST | None, node: ast.AST) -> bool:
    """Whether only the truth of the node counts."""
    if isinstance(parent, ast.If | ast.While | ast.IfExp):
        return node is parent.test
    if isinstance(parent, ast.comprehension):
        return node in parent.ifs
    return isinstance(parent, ast.BoolOp) and node in parent.values
