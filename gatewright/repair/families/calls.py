"""Missing, surplus and other arguments; what a recursion goes on with."""

import ast
from collections.abc import Iterator

from gatewright.repair.bodies import Body, parameters
from gatewright.repair.edits import ATOM, Edit, put, replace, tight
from gatewright.repair.kinds import ANY, NUMBER, SEQUENCE, SIZED
from gatewright.repair.scopes import NEVER, known
from gatewright.repair.source import Source, Span

MISSING = 0.45
SURPLUS = 0.3
SLICE = 0.45
RECURSION = 0.6
CALL = 0.35
MOST = 6


def missing(source: Source, node: ast.AST) -> Iterator[Edit]:
    """An argument more: a name of the scope, best one called like the parameter."""
    if not isinstance(node, ast.Call) or node.keywords:
        return
    if any(isinstance(argument, ast.Starred | ast.GeneratorExp) for argument in node.args):
        return
    scopes = known(source)
    body = scopes.body(node)
    wanted = _parameters(source, node)
    texts = [source.text(argument) for argument in node.args]
    if any("\n" in text for text in texts):
        return
    names = [name for name in scopes.names(node) if name not in NEVER]
    span = _inside(source, node)
    short = wanted is not None and len(wanted) > len(texts)
    if wanted is not None and not short:
        return
    ranked = sorted(names, key=lambda n: (n not in body.unread, wanted is None or n not in wanted))
    for name in ranked[:MOST]:
        for place in range(len(texts), -1, -1):
            prior = MISSING * (1.0 if place == len(texts) else 0.5)
            prior *= 1.0 if short or name in body.unread else 0.3
            if wanted and place < len(wanted) and wanted[place] == name:
                prior *= 1.7
            if name in texts:
                prior *= 0.4
            new = ", ".join([*texts[:place], name, *texts[place:]])
            yield replace(span, new, min(1.0, prior), node)
    if wanted and short:
        parameter = wanted[len(texts)]
        for name in ranked[:2]:
            new = ", ".join([*texts, f"{parameter}={name}"])
            yield replace(span, new, MISSING * (1.0 if name == parameter else 0.4), node)
    if len(texts) == 1 and getattr(node.func, "id", "") in ("max", "min", "sorted"):
        yield replace(span, f"{texts[0]}, key=len", MISSING / 4, node)
        yield replace(span, f"{texts[0]}, reverse=True", MISSING / 2, node)
        yield replace(span, f"{texts[0]}, default=0", MISSING / 2, node)


def surplus(source: Source, node: ast.AST) -> Iterator[Edit]:
    """An argument less."""
    if not isinstance(node, ast.Call):
        return
    every = [*node.args, *node.keywords]
    wanted = _parameters(source, node)
    if not every or any(isinstance(argument, ast.GeneratorExp) for argument in node.args):
        return
    texts = [source.text(argument) for argument in every]
    if any("\n" in text for text in texts):
        return
    over = wanted is not None and len(wanted) < len(every)
    for place in range(len(texts)):
        rest = [*texts[:place], *texts[place + 1 :]]
        prior = SURPLUS * (2.0 if over else 0.6)
        yield replace(_inside(source, node), ", ".join(rest), min(1.0, prior), node)


def recursion(source: Source, node: ast.AST) -> Iterator[Edit]:
    """What an argument goes on with: a slice, the rest of it, the next one."""
    parent = source.parents.get(node)
    if not isinstance(parent, ast.Call) or node not in parent.args:
        return
    if not isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        return
    scopes = known(source)
    body = scopes.body(node)
    kind = body.kind(node)
    function = scopes.functions.get(getattr(parent.func, "id", getattr(parent.func, "attr", "")))
    own = function is not None and function in source.ancestors(node)
    prior = RECURSION if own else SLICE / 2
    text = source.text(node)
    if isinstance(node, ast.Name | ast.Attribute) and kind & SEQUENCE:
        sure = 1.0 if kind & ~SIZED == 0 else 0.7
        base = tight(source, node, ATOM)
        for shape in ("[1:]", "[:-1]"):
            yield put(source, node, base + shape, ATOM, prior * sure)
        for name in _numbers(source, node, body)[:4]:
            if name != text:
                yield put(source, node, f"{base}[{name}:]", ATOM, prior * sure * 0.8)
                yield put(source, node, f"{base}[:{name}]", ATOM, prior * sure * 0.7)
                yield put(source, node, f"{base}[{name}]", ATOM, prior * sure * 0.4)
    if kind & NUMBER and own and not isinstance(node, ast.Call):
        sure = 1.0 if kind & ~NUMBER == 0 else 0.7
        for more in (" - 1", " + 1"):
            edit = put(source, node, text + more, ATOM, prior * sure)
            yield edit
    if own and isinstance(node, ast.Name):
        for donor in body.donors:
            attribute = donor.node
            if isinstance(attribute, ast.Attribute) and source.text(attribute.value) == text:
                called = source.parents.get(attribute)
                if not (isinstance(called, ast.Call) and called.func is attribute):
                    yield put(source, node, donor.text, ATOM, prior * 0.9)


def callees(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A value handed to a function of the scope: `f(x)` for `x`, `g(x)` for `x`."""
    if not isinstance(node, ast.Name | ast.Subscript | ast.Attribute):
        return
    if not isinstance(node.ctx, ast.Load):
        return
    parent = source.parents.get(node)
    given = isinstance(parent, ast.Return | ast.Assign | ast.BinOp | ast.Yield | ast.List)
    given = given or (isinstance(parent, ast.Call) and node in parent.args)
    if not given:
        return
    scopes = known(source)
    text = source.text(node)
    for name, function in scopes.functions.items():
        wanted = parameters(function)
        if len(wanted) == 1 and (name in scopes.globals or name in scopes.names(node)):
            yield put(source, node, f"{name}({text})", ATOM, CALL / 2)


def _numbers(source: Source, node: ast.expr, body: Body) -> list[str]:
    names = [n for n in known(source).names(node) if body.kinds.get(n, ANY) & NUMBER]
    return sorted(names, key=lambda name: (name not in body.unread, body.kinds.get(name) != NUMBER))


def _parameters(source: Source, call: ast.Call) -> list[str] | None:
    """Of the function of the file that a call means; None if it is not known."""
    scopes = known(source)
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    function = scopes.functions.get(name)
    if function is None:
        return None
    return [parameter for parameter in parameters(function) if parameter not in ("self", "cls")]


def _inside(source: Source, call: ast.Call) -> Span:
    """Between the parentheses of a call."""
    opening = source.token(Span(source.span(call.func).end, source.span(call).end), "(")
    end = source.span(call).end - 1
    return Span(opening.end if opening else end, end)
