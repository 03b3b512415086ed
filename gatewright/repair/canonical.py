"""One form for code that says the same, so that equal candidates are tried once.

Known to be equal: `a < b` and `b > a`; `not a == b` and `a != b`; `x + 1 - 1` and `x`; a double
negation where only the truth counts; `x += 1` and `x = x + 1`; `len(x) > 0` and `len(x) >= 1`;
`range(0, n)` and `range(n)`; `xs[0:]` and `xs[:]`.
"""

import ast
from collections.abc import Callable, Iterator
from typing import Any

Form = tuple[object, ...]
"""Nested tuples; equal forms mean equal code, hashable."""

_IGNORED = {"ctx", "type_comment", "kind", "type_ignores"}
_FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_SYMMETRIC = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)


def form(node: object) -> object:
    """The canonical form of a node, a list of nodes or a plain value."""
    rule = _RULES.get(type(node))
    if rule is None:
        rule = _RULES[type(node)] = _rule(type(node))
    return rule(node)


def _rule(kind: type) -> "Rule":
    """How a type of node is put in form that nothing special is known of."""
    if not issubclass(kind, ast.AST):
        return _itself
    fields = tuple(name for name in kind._fields if name not in _IGNORED)

    def plain(node: object) -> object:
        return (kind, *[form(getattr(node, name, None)) for name in fields])

    def bare(_: object) -> object:
        return kind

    return plain if fields else bare


def _itself(value: object) -> object:
    return value


def _list(nodes: object) -> object:
    return tuple([form(node) for node in nodes])  # type: ignore[attr-defined]


def _plain(node: ast.AST) -> object:
    """A node's parts, where its type has a rule that does not apply."""
    kind = type(node)
    rule = _PLAIN.get(kind)
    if rule is None:
        rule = _PLAIN[kind] = _rule(kind)
    return rule(node)


def _constant(node: ast.AST) -> Form:
    value = node.value  # type: ignore[attr-defined]
    return (ast.Constant, type(value), value)


def _name(node: ast.AST) -> Form:
    return (ast.Name, node.id)  # type: ignore[attr-defined]


def _truth(node: ast.expr) -> object:
    """Of an expression of which only the truth counts."""
    while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = node.operand
        if not (isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.Not)):
            break
        node = inner.operand
    if isinstance(node, ast.BoolOp):
        return (ast.BoolOp, type(node.op), *[_truth(part) for part in _parts(node, node.op)])
    return form(node)


def _tested(node: ast.AST) -> Form:
    """`if`, `while` and `a if b else c`: the test by its truth."""
    kind = type(node)
    rest = [form(getattr(node, name, None)) for name in ("body", "orelse")]
    return (kind, _truth(node.test), *rest)  # type: ignore[attr-defined]


def _parts(node: ast.expr, operator: ast.boolop) -> Iterator[ast.expr]:
    if isinstance(node, ast.BoolOp) and type(node.op) is type(operator):
        for value in node.values:
            yield from _parts(value, operator)
        return
    yield node


def _boolean(node: ast.AST) -> Form:
    assert isinstance(node, ast.BoolOp)
    return (ast.BoolOp, type(node.op), *[form(part) for part in _parts(node, node.op)])


def _unary(node: ast.AST) -> object:
    assert isinstance(node, ast.UnaryOp)
    inner = node.operand
    if isinstance(node.op, ast.Not):
        if isinstance(inner, ast.Compare) and len(inner.ops) == 1:
            opposite = _OPPOSITE.get(type(inner.ops[0]))
            if opposite is not None:
                return _comparison(opposite, inner.left, inner.comparators[0])
        return (ast.Not, _truth(inner))
    if isinstance(node.op, ast.USub) and isinstance(inner, ast.Constant):
        if isinstance(inner.value, int | float):
            return (ast.Constant, type(inner.value), -inner.value)
        return _plain(node)
    if isinstance(inner, ast.UnaryOp) and type(inner.op) is type(node.op):
        return form(inner.operand)
    return (type(node.op), form(inner))


def _compare(node: ast.AST) -> object:
    assert isinstance(node, ast.Compare)
    if len(node.ops) != 1:
        return _plain(node)
    return _comparison(type(node.ops[0]), node.left, node.comparators[0])


def _comparison(operator: type[ast.cmpop], left: ast.expr, right: ast.expr) -> Form:
    if operator in _FLIPPED:
        if (bound := _bound(left, right)) is not None:
            least = bound + 1 if operator is ast.Gt else bound
            return _length(ast.GtE, left, least)
        operator, left, right = _FLIPPED[operator], right, left
    elif operator in (ast.Lt, ast.LtE) and (bound := _bound(left, right)) is not None:
        return _length(ast.LtE, left, bound - 1 if operator is ast.Lt else bound)
    sides = (form(left), form(right))
    if operator in _SYMMETRIC and repr(sides[1]) < repr(sides[0]):
        sides = sides[::-1]
    return (ast.Compare, operator, *sides)


def _bound(left: ast.expr, right: ast.expr) -> int | None:
    """The whole number that a length is compared with."""
    return _integer(right) if _is_length(left) else None


def _length(operator: type[ast.cmpop], left: ast.expr, bound: int) -> Form:
    if (operator, bound) in ((ast.LtE, 0), (ast.GtE, 1)):
        zero = ast.Constant(value=0)
        return _comparison(ast.Eq if operator is ast.LtE else ast.NotEq, left, zero)
    return (ast.Compare, operator, form(left), bound)


def _binary(node: ast.AST) -> object:
    """Numbers that are added and taken away come last, as one."""
    assert isinstance(node, ast.BinOp)
    if not isinstance(node.op, ast.Add | ast.Sub):
        return _plain(node)
    rest, total = _sum(node)
    if total is None:
        return (type(node.op), form(node.left), form(node.right))
    return rest if total == 0 else (ast.Add, rest, (ast.Constant, type(total), total))


def _sum(node: ast.expr) -> tuple[object, int | float | None]:
    """What is left of a sum without its numbers, and their sum if there is one."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        number = _number(node.right)
        if number is not None:
            rest, total = _sum(node.left)
            return rest, (total or 0) + (number if isinstance(node.op, ast.Add) else -number)
        number = _number(node.left)
        if number is not None and isinstance(node.op, ast.Add):
            rest, total = _sum(node.right)
            return rest, (total or 0) + number
        if isinstance(node.left, ast.BinOp):
            rest, total = _sum(node.left)
            if total is not None:
                return (type(node.op), rest, form(node.right)), total
        return (type(node.op), form(node.left), form(node.right)), None
    return form(node), None


def _augmented(node: ast.AST) -> object:
    assert isinstance(node, ast.AugAssign)
    if isinstance(node.target, ast.Name) and _number(node.value) is not None:
        name = ast.Name(id=node.target.id, ctx=ast.Load())
        whole = ast.BinOp(left=name, op=node.op, right=node.value)
        return (ast.Assign, (form(node.target),), form(whole))
    return _plain(node)


def _call(node: ast.AST) -> Form:
    assert isinstance(node, ast.Call)
    func, args = node.func, node.args
    is_range = isinstance(func, ast.Name) and func.id == "range"
    if is_range and len(args) == 2 and _integer(args[0]) == 0:
        args = args[1:]
    return (ast.Call, form(func), form(args), form(node.keywords))


def _slice(node: ast.AST) -> Form:
    assert isinstance(node, ast.Slice)
    lower = node.lower
    if lower is not None and node.step is None and _integer(lower) == 0:
        lower = None
    return (ast.Slice, form(lower), form(node.upper), form(node.step))


def _number(node: ast.expr) -> int | float | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _integer(node: ast.expr) -> int | None:
    value = _number(node)
    return value if isinstance(value, int) else None


def _is_length(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"


Rule = Callable[[Any], object]
_PLAIN: dict[type, Rule] = {}
_RULES: dict[type, Rule] = {
    list: _list,
    ast.Constant: _constant,
    ast.Name: _name,
    ast.If: _tested,
    ast.While: _tested,
    ast.IfExp: _tested,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BinOp: _binary,
    ast.AugAssign: _augmented,
    ast.Call: _call,
    ast.Slice: _slice,
}
