"""How well an expression fits a place, by kinds and by plain sense."""

import ast
from collections.abc import Callable, Iterator
from typing import cast

from gatewright.repair.bodies import Body, Donor
from gatewright.repair.kinds import (
    ANY,
    FUNCTION,
    HASHABLE,
    ITERABLE,
    NUMBER,
    OBJECT,
    ORDERED,
    SEQUENCE,
    SIZED,
    TRUTH,
    Kind,
)
from gatewright.repair.source import Source

MISFIT = 0.2
"""Of what has another kind than the place wants, as far as one can see."""
UNREAD = 1.6
"""Of a name that nothing reads so far."""
_SAME_IS_NONSENSE = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.BitXor, ast.BitAnd, ast.BitOr)
_WANTS = {"len": SIZED, "range": NUMBER, "abs": NUMBER, "chr": NUMBER}
_ITERATES = ("enumerate", "sorted", "sum", "any", "all", "reversed", "zip", "list", "set", "tuple")


def senseless(source: Source, node: ast.AST, text: str) -> bool:
    """Whether the text in the place of a node gives `x - x`, `x < x`, `x = x`, `max(x, x)`."""
    return any(source.text(other) == text for other in _counterparts(source, node))


def fit(body: Body, node: ast.expr, kind: Kind) -> float:
    """How well what is of a kind fits the place of a node, in (0, 1]."""
    place = wanted(body, node)
    if not kind & place:
        return MISFIT
    own = body.kind(node)
    if ANY in (own, kind):
        return 0.8
    return 1.0 if own & kind else 0.5


def worth(body: Body, donor: Donor, node: ast.expr) -> float:
    """How well a donor fits the place of a node, in (0, 1.6]."""
    value = fit(body, node, donor.kind)
    if donor.names & body.unread:
        value *= UNREAD
    return value


def wanted(body: Body, node: ast.expr) -> Kind:
    """What may stand in a place."""
    parent = body.source.parents.get(node)
    rule = _PLACES.get(type(parent)) if parent is not None else None
    return ANY if rule is None else rule(body, parent, node)


def _iterated(_: Body, parent: ast.For, node: ast.expr) -> Kind:
    return ITERABLE if node is parent.iter else ANY


def _tested(_: Body, parent: ast.If, node: ast.expr) -> Kind:
    return TRUTH if node is parent.test else ANY


def _subscripted(body: Body, parent: ast.Subscript, node: ast.expr) -> Kind:
    if node is not parent.slice:
        return ANY & ~(NUMBER | FUNCTION)
    return NUMBER if not body.kind(parent.value) & ~SEQUENCE else HASHABLE


def _argument(_: Body, call: ast.Call, node: ast.expr) -> Kind:
    if node is call.func:
        return FUNCTION
    name = getattr(call.func, "id", "")
    return ITERABLE if name in _ITERATES and node is call.args[0] else _WANTS.get(name, ANY)


def _operand(body: Body, parent: ast.BinOp, node: ast.expr) -> Kind:
    other = body.kind(parent.right if node is parent.left else parent.left)
    if isinstance(parent.op, ast.Add | ast.Sub):
        return other if other != ANY else NUMBER | SEQUENCE | OBJECT
    if isinstance(parent.op, ast.Mult | ast.Mod):
        return ANY & ~FUNCTION
    return ANY & ~(FUNCTION | SEQUENCE)


def _compared(body: Body, parent: ast.Compare, node: ast.expr) -> Kind:
    sides = [parent.left, *parent.comparators]
    place = sides.index(node)
    operator = parent.ops[max(0, place - 1)]
    other = body.kind(sides[place - 1] if place else sides[1])
    if isinstance(operator, ast.In | ast.NotIn):
        return ITERABLE if place else ANY
    if isinstance(operator, ast.Is | ast.IsNot):
        return ANY
    if isinstance(operator, ast.Eq | ast.NotEq):
        return other
    return other & ORDERED or ORDERED


def _counterparts(source: Source, node: ast.AST) -> Iterator[ast.AST]:
    parent = source.parents.get(node)
    if isinstance(parent, ast.Compare):
        sides = [parent.left, *parent.comparators]
        place = sides.index(node)  # type: ignore[arg-type]
        yield from sides[max(0, place - 1) : place] + sides[place + 1 : place + 2]
    elif isinstance(parent, ast.BinOp) and isinstance(parent.op, _SAME_IS_NONSENSE):
        yield parent.right if node is parent.left else parent.left
    elif isinstance(parent, ast.BoolOp):
        yield from (value for value in parent.values if value is not node)
    elif isinstance(parent, ast.Assign | ast.AnnAssign | ast.NamedExpr):
        yield from getattr(parent, "targets", None) or [parent.target]  # type: ignore[union-attr]
    elif isinstance(parent, ast.Subscript):
        yield parent.slice if node is parent.value else parent.value
    elif isinstance(parent, ast.Call) and getattr(parent.func, "id", "") in ("max", "min"):
        yield from (value for value in parent.args if value is not node)
    elif isinstance(parent, ast.For | ast.comprehension):
        yield parent.target
    elif isinstance(parent, ast.IfExp):
        yield parent.orelse if node is parent.body else parent.body


_PLACES = cast(
    dict[type[ast.AST], Callable[[Body, ast.AST | None, ast.expr], Kind]],
    {
        ast.Call: _argument,
        ast.For: _iterated,
        ast.AsyncFor: _iterated,
        ast.comprehension: _iterated,
        ast.If: _tested,
        ast.While: _tested,
        ast.IfExp: _tested,
        ast.Subscript: _subscripted,
        ast.Slice: lambda *_: NUMBER,
        ast.BinOp: _operand,
        ast.Compare: _compared,
        ast.Attribute: lambda *_: ANY & ~(NUMBER | FUNCTION),
    },
)
