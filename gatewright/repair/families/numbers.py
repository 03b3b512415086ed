"""Off by one, and other wrong constants."""

import ast
from collections.abc import Iterator
from functools import lru_cache

from gatewright.repair.edits import ATOMS, Edit, replace
from gatewright.repair.source import Source, Span

NEXT = 0.8
BOUND = 0.6
DROP = 0.85
ZERO_OR_ONE = 0.5
OTHER = 0.35
FLAG = 0.7
TEXT = 0.3
MOST_OTHERS = 4
MOST_TEXT = 40


def constants(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A number one off, a flag turned round, another constant of the same file."""
    signed = source.parents.get(node)
    if isinstance(signed, ast.UnaryOp) and isinstance(signed.op, ast.USub):
        return  # the minus belongs to the number
    value = _value(node)
    if value is None or (isinstance(node, ast.Constant) and _is_plus_one(source, node)):
        return
    span = source.span(node)
    if isinstance(value, bool):
        yield replace(span, str(not value), FLAG, node)
        return
    if isinstance(value, int):
        near = {value + 1: NEXT, value - 1: NEXT, 0: ZERO_OR_ONE, 1: ZERO_OR_ONE, -value: OTHER}
        near.pop(value, None)
        if _added(source.parents.get(node), node):
            near.pop(0, None)  # `bounds` leaves it out whole
        yield from (replace(span, str(new), prior, node) for new, prior in near.items())
    if isinstance(value, str) and (not value or len(value) > MOST_TEXT):
        return
    prior = TEXT if isinstance(value, str) else OTHER
    for text in _others(source, node, value):
        yield replace(span, text, prior, node)


def bounds(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A bound one too high or too low: in `range`, slices, indexes, comparisons, returns."""
    if isinstance(node, ast.Slice):
        yield from _slices(source, node)
        return
    if isinstance(node, ast.BinOp) and _added(node, node.right):
        rest = Span(source.span(node.left).end, source.span(node).end)
        yield replace(rest, "", DROP if _is_one(node) else OTHER, node.left)
        return
    if not isinstance(node, ast.Name | ast.Attribute | ast.Call):
        return
    prior = _bound_prior(source.parents.get(node), node)
    end = source.span(node).end
    if prior:
        yield replace(Span(end, end), " - 1", prior, node)
        yield replace(Span(end, end), " + 1", prior, node)


def _bound_prior(parent: ast.AST | None, node: ast.AST) -> float:
    if isinstance(parent, ast.Call) and node in parent.args:
        is_range = isinstance(parent.func, ast.Name) and parent.func.id == "range"
        return BOUND * 1.25 if is_range else BOUND / 4
    if isinstance(parent, ast.Subscript) and node is parent.slice:
        return BOUND
    if isinstance(parent, ast.Compare):
        ordered = all(
            isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE | ast.Eq) for op in parent.ops
        )
        return BOUND / 2 if ordered else 0.0
    if isinstance(parent, ast.Return | ast.Assign | ast.AugAssign):
        return BOUND * 0.7 if node is parent.value else 0.0
    return BOUND / 3 if isinstance(parent, ast.BinOp | ast.Tuple) else 0.0


def _slices(source: Source, node: ast.Slice) -> Iterator[Edit]:
    """Spaces around the colon as black and ruff put them where a bound is no single word."""
    if node.step is not None:
        return
    lower = source.text(node.lower) if node.lower is not None else ""
    upper = source.text(node.upper) if node.upper is not None else ""
    for more in (" + 1", " - 1"):
        if isinstance(node.lower, ATOMS) and not isinstance(node.lower, ast.Constant):
            new = f"{lower}{more} : {upper}".rstrip()
            yield replace(source.span(node), new, BOUND, node)
        if isinstance(node.upper, ATOMS) and not isinstance(node.upper, ast.Constant):
            new = f"{lower} : {upper}{more}".lstrip()
            yield replace(source.span(node), new, BOUND, node)


def _added(parent: ast.AST | None, node: ast.AST) -> bool:
    """Whether the node is a number that is added or taken away."""
    if not isinstance(parent, ast.BinOp) or not isinstance(parent.op, ast.Add | ast.Sub):
        return False
    return node is parent.right and isinstance(_value(node), int | float)


def _is_one(node: ast.BinOp) -> bool:
    return isinstance(node.right, ast.Constant) and node.right.value == 1


def _is_plus_one(source: Source, node: ast.Constant) -> bool:
    """The `1` of `x + 1`: left out whole by `bounds`, and `x - 1` is there by its operator."""
    parent = source.parents.get(node)
    return isinstance(parent, ast.BinOp) and node is parent.right and _is_one(parent)


def _value(node: ast.AST) -> bool | int | float | str | None:
    """The value of a literal, its minus included."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _value(node.operand) if isinstance(node.operand, ast.Constant) else None
        return -inner if isinstance(inner, int | float) and not isinstance(inner, bool) else None
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float | str):
        return node.value
    return None


def _others(source: Source, node: ast.AST, value: object) -> list[str]:
    """Literals of the same type in the same function, else in the same file, as written."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    near = next((up for up in source.ancestors(node) if isinstance(up, functions)), source.tree)
    kind = type(value).__name__
    found = {**_literals(source, near, kind), **_literals(source, source.tree, kind)}
    found.pop(value, None)
    return list(found.values())[:MOST_OTHERS]


@lru_cache(maxsize=256)
def _literals(source: Source, place: ast.AST, kind: str) -> dict[object, str]:
    """What is written of a type, by value, in the order of the text."""
    found: dict[object, str] = {}
    for other in ast.walk(place):
        if not isinstance(other, ast.Constant) or type(other.value).__name__ != kind:
            continue
        long = isinstance(other.value, str) and (not other.value or len(other.value) > MOST_TEXT)
        within = source.parents.get(other)
        if long or isinstance(within, ast.Expr | ast.JoinedStr | ast.FormattedValue):
            continue
        found.setdefault(other.value, source.text(other))
    return found
