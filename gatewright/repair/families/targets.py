"""What an assignment changes: another name or place, the thing itself or what is in it."""

import ast
from collections.abc import Iterator

from gatewright.repair.edits import Edit, replace
from gatewright.repair.kinds import ANY, NUMBER
from gatewright.repair.scopes import known
from gatewright.repair.source import Source

INTO = 0.45
"""`d[k].add(v)` for `d[k] = v`, and back."""
PLACE = 0.45
"""Another place that the function writes or reads."""
EXTREME = 0.35
KINDS = {"append": "[{}]", "extend": "{}", "add": "{{{}}}", "update": "{}"}


def assigned(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`d[k].append(v)` for `d[k] = v`; `x = x + v`, `x = x` with another operator."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return
    target, value = source.text(node.targets[0]), source.text(node.value)
    span = source.span(node)
    if isinstance(node.targets[0], ast.Subscript | ast.Name | ast.Attribute):
        inside = isinstance(node.targets[0], ast.Subscript)
        for method in KINDS:
            prior = INTO if inside else INTO / 3
            yield replace(span, f"{target}.{method}({value})", prior * _suits(source, node), node)
    yield from _places(source, node.targets[0], node)


def called(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`x = v`, `x += v` for `x.update(v)`; a result that nobody kept."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return
    call = node.value
    span = source.span(node)
    if isinstance(call.func, ast.Attribute) and len(call.args) == 1 and not call.keywords:
        owner, value = source.text(call.func.value), source.text(call.args[0])
        places = ast.Name | ast.Subscript | ast.Attribute
        if isinstance(call.func.value, places) and call.func.attr in KINDS:
            yield replace(span, f"{owner} = {value}", INTO, node)
            listed = KINDS[call.func.attr].format(value)
            yield replace(span, f"{owner} += {listed}", INTO / 4, node)
            yield replace(span, f"{owner} = {owner} + {listed}", INTO / 3, node)
    text = source.text(call)
    if isinstance(call.func, ast.Attribute):
        owner = source.text(call.func.value)
        if isinstance(call.func.value, ast.Name):
            yield replace(span, f"{owner} = {text}", INTO / 2, node)
    yield replace(span, f"return {text}", INTO * 0.9, node)
    for name in known(source).names(node):
        if any(isinstance(arg, ast.Name) and arg.id == name for arg in call.args):
            yield replace(span, f"{name} = {text}", INTO / 2, node)


def augmented(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another place to add to; `x = max(x, v)` for `x += v`."""
    if not isinstance(node, ast.AugAssign):
        return
    target, value = source.text(node.target), source.text(node.value)
    for call in ("max", "min"):
        yield replace(source.span(node), f"{target} = {call}({target}, {value})", EXTREME, node)
    yield from _places(source, node.target, node)


def _places(source: Source, target: ast.expr, node: ast.stmt) -> Iterator[Edit]:
    """Subscripts, attributes and names of the function in the place of a target."""
    scopes = known(source)
    body = scopes.body(node)
    written = source.text(target)
    kind = body.kind(target)
    for donor in body.near(node.lineno):
        if not isinstance(donor.node, ast.Subscript | ast.Attribute) or donor.text == written:
            continue
        if isinstance(getattr(donor.node, "slice", None), ast.Slice):
            continue
        parent = source.parents.get(donor.node)
        if isinstance(parent, ast.Call) and donor.node is parent.func:
            continue
        if not scopes.visible(donor.names, node) or getattr(parent, "iter", None) is donor.node:
            continue
        near = 8 / (8 + min(abs(each - node.lineno) for each in donor.lines))
        same = 1.0 if type(donor.node) is type(target) else 0.4
        own = 1.3 if donor.node in ast.walk(node) else 1.0
        yield replace(source.span(target), donor.text, min(1.0, PLACE * near * same * own), node)
    if isinstance(target, ast.Subscript):
        yield replace(source.span(target), source.text(target.value), PLACE / 4, node)
    if isinstance(target, ast.Name) and kind & ~NUMBER:
        for name in scopes.names(node):
            if body.kinds.get(name, ANY) & NUMBER:
                yield replace(source.span(target), f"{written}[{name}]", PLACE / 4, node)


def _suits(source: Source, node: ast.Assign) -> float:
    """Less for what is likely a plain number."""
    kind = known(source).body(node).kind(node.value)
    return 0.3 if kind & ~NUMBER == 0 else 1.0
