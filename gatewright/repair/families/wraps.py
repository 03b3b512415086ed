"""An expression wrapped in a call or an operation, taken out of one, copied or not."""

import ast
from collections.abc import Iterator

from gatewright.repair.bodies import Body
from gatewright.repair.edits import ATOM, OR, POWER, SUM, TERM, Edit, level, put, tight
from gatewright.repair.kinds import (
    ANY,
    BOOL,
    DICT,
    ITERATOR,
    LIST,
    NUMBER,
    SEQUENCE,
    SET,
    SIZED,
    TEXT,
    Kind,
)
from gatewright.repair.plausible import senseless
from gatewright.repair.scopes import is_called, known
from gatewright.repair.source import Source

EXTREME = 0.55
"""`max(x, v)` of a value that is assigned to `x`."""
EXTREME_OTHER = 0.12
ZERO = 0.4
WRAP = 0.25
UNWRAP = 0.5
TERM_MORE = 0.3
TERM_LESS = 0.5
COPY = 0.35
CONCAT = 0.4
MOST_NAMES = 6

_COPIES = {LIST: ("list({})", "{}[:]", "{}.copy()"), DICT: ("dict({})",), SET: ("set({})",)}


def wraps(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`x` as `abs(x)`, `len(x)`, `x ** 2`, `int(x)`, `sorted(x)`, `[x]`."""
    if not _is_value(source, node):
        return
    assert isinstance(node, ast.expr)
    body = known(source).body(node)
    kind = body.kind(node)
    text = source.text(node)
    for shape, takes, prior in _shapes(source, node):
        if isinstance(node, ast.Constant) or not kind & takes:
            continue
        sure = 1.0 if kind != ANY else 0.6
        yield put(source, node, shape.format(text), ATOM, prior * sure)
    if kind & NUMBER and not isinstance(node, ast.Constant):
        sure = 1.0 if kind != ANY else 0.6
        atom = tight(source, node, ATOM)
        yield put(source, node, f"{atom} ** 2", POWER, WRAP * sure * 1.3)
        if isinstance(node, ast.Name):
            yield put(source, node, f"{atom} * {atom}", TERM, WRAP * sure)
    if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        for other in _others(source, node, body)[:3]:
            yield put(source, node, f"{text} or {other}", OR, WRAP / 2)


def extremes(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`x = max(x, v)` for `x = v`; `max(0, v)`."""
    if not _is_value(source, node):
        return
    assert isinstance(node, ast.expr)
    body = known(source).body(node)
    kind = body.kind(node)
    if not kind & NUMBER or isinstance(node, ast.Constant):
        return
    text = source.text(node)
    parent = source.parents.get(node)
    target = _target(source, node)
    if target is not None and known(source).visible([target], node) and target != text:
        yield put(source, node, f"max({target}, {text})", ATOM, EXTREME)
        yield put(source, node, f"min({target}, {text})", ATOM, EXTREME * 0.9)
    handed = isinstance(parent, ast.Assign | ast.Return | ast.AugAssign)
    prior = ZERO if handed else ZERO / 3
    prior *= 1.0 if isinstance(node, ast.BinOp) else 0.6
    for shape, factor in (("max(0, {})", 1.0), ("min(0, {})", 0.3), ("max(1, {})", 0.3)):
        yield put(source, node, shape.format(text), ATOM, prior * factor)
    for other in _others(source, node, body, NUMBER):
        if other == target or other in text:
            continue
        factor = 1.5 if handed else 1.0
        yield put(source, node, f"max({text}, {other})", ATOM, EXTREME_OTHER * factor)
        yield put(source, node, f"min({text}, {other})", ATOM, EXTREME_OTHER * factor)
    if isinstance(parent, ast.Return) and isinstance(node, ast.BinOp) and kind == NUMBER:
        yield put(source, node, f"max({text}, {source.text(node.left)})", ATOM, EXTREME_OTHER)


def unwraps(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`x` for `f(x)`; the object for `x.f()`; one element for `[x]`."""
    if isinstance(node, ast.Call) and not _is_statement(source, node):
        for argument in node.args[:3]:
            if not isinstance(argument, ast.Starred | ast.GeneratorExp):
                prior = UNWRAP if len(node.args) == 1 else UNWRAP / 2
                yield put(source, node, source.text(argument), level(argument), prior)
        if isinstance(node.func, ast.Attribute):
            value = node.func.value
            yield put(source, node, source.text(value), level(value), UNWRAP / 2)
            yield put(source, node, source.text(node.func), ATOM, UNWRAP / 4)
        elif not node.args and isinstance(node.func, ast.Name):
            yield put(source, node, node.func.id, ATOM, UNWRAP / 3)
    elif isinstance(node, ast.List | ast.Set) and len(node.elts) == 1:
        element = node.elts[0]
        is_read = isinstance(getattr(node, "ctx", None), ast.Load | None)
        if is_read and not isinstance(element, ast.Starred):
            yield put(source, node, source.text(element), level(element), UNWRAP / 2)
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        prior = UNWRAP / 2 if isinstance(node.slice, ast.Slice) else UNWRAP / 3
        yield put(source, node, source.text(node.value), level(node.value), prior)
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        own = getattr(node.value, "id", "") in ("self", "cls")
        if not own and not is_called(source, node):
            yield put(source, node, source.text(node.value), level(node.value), UNWRAP / 4)


def terms(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A term or factor more, or less: `x - done` for `x`, `f(x)` for `1 + f(x)`."""
    if isinstance(node, ast.BinOp):
        for part in (node.left, node.right):
            one = isinstance(node.right if part is node.left else node.left, ast.Constant)
            prior = TERM_LESS if one else TERM_LESS * 0.7
            yield put(source, node, source.text(part), level(part), prior)
        if isinstance(source.parents.get(node), ast.BinOp):
            return
    if not _is_value(source, node) or isinstance(node, ast.Constant):
        return
    assert isinstance(node, ast.expr)
    body = known(source).body(node)
    kind = body.kind(node)
    if not kind & NUMBER:
        return
    text = tight(source, node, SUM)
    sure = 1.0 if kind != ANY else 0.5
    place = TERM_MORE * sure * _term_place(source, node)
    if isinstance(node, ast.BinOp):
        place *= 0.6
    for text_of in _measures(source, node, body):
        yield put(source, node, f"{text} - {text_of}", SUM, place * 0.6)
        yield put(source, node, f"{text} + {text_of}", SUM, place * 0.5)
    for other in _others(source, node, body, NUMBER):
        boost = 1.6 if other in body.unread else 1.0
        yield put(source, node, f"{text} - {other}", SUM, min(1.0, place * boost))
        yield put(source, node, f"{text} + {other}", SUM, min(1.0, place * boost * 0.9))
        if not isinstance(node, ast.BinOp):
            factor = place * boost * 0.4
            yield put(source, node, f"{tight(source, node, TERM)} * {other}", TERM, factor)
    for size, factor in (("1", 0.8), ("2", 0.35)):
        yield put(source, node, f"{text} - {size}", SUM, place * factor)
        yield put(source, node, f"{text} + {size}", SUM, place * factor)


def copies(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A copy for the thing itself, and the reverse (`unwraps` has `x` for `list(x)`)."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        bounds = (node.slice.lower, node.slice.upper, node.slice.step)
        if bounds == (None, None, None) and isinstance(node.ctx, ast.Load):
            yield put(source, node, source.text(node.value), level(node.value), COPY)
        return
    if not _is_value(source, node) or not isinstance(node, ast.Name | ast.Attribute):
        return
    kind = known(source).body(node).kind(node)
    if not kind & (LIST | DICT | SET):
        return
    parent = source.parents.get(node)
    stored = isinstance(parent, ast.Assign | ast.Return | ast.List | ast.Tuple | ast.Dict)
    stored = stored or isinstance(parent, ast.Call | ast.For | ast.Yield)
    plain = isinstance(parent, ast.Assign | ast.Return)
    sure = (1.0 if stored else 0.4) * (1.0 if kind != ANY else 0.8 if plain else 0.5)
    for of, shapes in _COPIES.items():
        if kind & of:
            shape = shapes[0]
            yield put(source, node, shape.format(source.text(node)), ATOM, COPY * sure)


def concatenations(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A collection put before or after a list, or a text or list the other way about."""
    if not isinstance(node, ast.List | ast.ListComp | ast.Subscript | ast.Call | ast.BinOp):
        return
    if not _is_value(source, node):
        return
    body = known(source).body(node)
    kind = body.kind(node)
    if not kind & LIST or (kind == ANY and not isinstance(source.parents.get(node), ast.Return)):
        return
    text = tight(source, node, SUM)
    sure = 1.0 if kind & ~SEQUENCE == 0 else 0.4
    for other in _others(source, node, body, SEQUENCE):
        fits = body.kinds.get(other, ANY)
        close = sure if fits != ANY else sure * 0.8
        yield put(source, node, f"{other} + {text}", SUM, CONCAT * close)
        yield put(source, node, f"{text} + {other}", SUM, CONCAT * close * 0.8)
        if fits == ANY:
            yield put(source, node, f"[{other}] + {text}", SUM, CONCAT * close * 0.6)
            yield put(source, node, f"{text} + [{other}]", SUM, CONCAT * close * 0.6)


def _measures(source: Source, node: ast.expr, body: Body) -> list[str]:
    """Short expressions of the function that may be numbers: lengths, parts, fields."""
    text = source.text(node)
    found = [
        donor.text
        for donor in body.donors
        if isinstance(donor.node, ast.Subscript | ast.Attribute | ast.Call)
        and donor.size <= 3
        and donor.kind & NUMBER
        and donor.text not in text
        and known(source).visible(donor.names, node)
    ]
    return found[:MOST_NAMES]


def _shapes(source: Source, node: ast.expr) -> Iterator[tuple[str, Kind, float]]:
    parent = source.parents.get(node)
    iterated = isinstance(parent, ast.For | ast.comprehension)
    returned = isinstance(parent, ast.Return | ast.Assign)
    yield "len({})", SIZED, WRAP * (0.3 if iterated else 1.4)
    yield "abs({})", NUMBER, WRAP
    yield "int({})", NUMBER | TEXT, WRAP * 0.8
    yield "str({})", ANY & ~(TEXT | LIST | DICT), WRAP * 0.5
    yield "sorted({})", SIZED | ITERATOR, WRAP * (1.0 if iterated or returned else 0.5)
    yield "set({})", LIST | ITERATOR | TEXT, WRAP * 0.5
    yield "sum({})", LIST | ITERATOR, WRAP * 0.4
    yield "bool({})", ANY & ~BOOL, WRAP * (0.4 if isinstance(parent, ast.Return) else 0.1)
    yield "list({})", ITERATOR, WRAP * 1.2
    if not iterated:
        yield "[{}]", ANY, WRAP * (0.8 if returned or _is_argument(source, node) else 0.4)
    if isinstance(parent, ast.Call):
        yield "({},)", ANY, WRAP * 0.3


def _term_place(source: Source, node: ast.expr) -> float:
    """Where a forgotten term is more likely."""
    parent = source.parents.get(node)
    if isinstance(parent, ast.Call) and not is_called(source, node):
        function = known(source).functions.get(getattr(parent.func, "id", ""))
        if function is not None and function in source.ancestors(node):
            return 1.6  # an argument of a recursive call
        return 0.9
    if isinstance(parent, ast.Return | ast.Assign | ast.Subscript | ast.Slice):
        return 1.1
    return 0.8


def _is_value(source: Source, node: ast.AST) -> bool:
    """Whether the node's value is used as such: not called, not a statement, not a target."""
    if not isinstance(node, ast.expr) or isinstance(node, ast.Slice | ast.Starred | ast.Lambda):
        return False
    if not isinstance(getattr(node, "ctx", None), ast.Load | None) or is_called(source, node):
        return False
    if isinstance(node, ast.Tuple | ast.JoinedStr | ast.GeneratorExp | ast.Yield | ast.Await):
        return False
    parent = source.parents.get(node)
    if isinstance(node, ast.YieldFrom) or isinstance(parent, ast.Attribute | ast.arguments):
        return False
    if isinstance(parent, ast.Expr | ast.withitem | ast.FormattedValue | ast.Raise):
        return False
    return not (isinstance(node, ast.Name) and node.id in ("self", "cls"))


def _is_statement(source: Source, node: ast.AST) -> bool:
    return isinstance(source.parents.get(node), ast.Expr)


def _is_argument(source: Source, node: ast.AST) -> bool:
    parent = source.parents.get(node)
    return isinstance(parent, ast.Call) and node in parent.args


def _target(source: Source, node: ast.AST) -> str | None:
    """The one name that a value is assigned to."""
    parent = source.parents.get(node)
    if isinstance(parent, ast.Assign) and node is parent.value and len(parent.targets) == 1:
        target = parent.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None


def _others(source: Source, node: ast.expr, body: Body, kind: Kind = ANY) -> list[str]:
    """Names of the scope that may be of a kind, the surest and the unread first."""
    text = source.text(node)
    names = [
        name
        for name in known(source).names(node)
        if name not in ("self", "cls", "_", text)
        and body.kinds.get(name, ANY) & kind
        and not senseless(source, node, name)
    ]

    def rank(name: str) -> tuple[bool, bool]:
        return name not in body.unread, body.kinds.get(name, ANY) == ANY

    return sorted(names, key=rank)[:MOST_NAMES]
