"""Wrong return values: the opposite, a part of it, nothing."""

import ast
from collections.abc import Iterator

from gatewright.repair.edits import Edit, grouped, replace
from gatewright.repair.kinds import ANY, LIST
from gatewright.repair.plausible import UNREAD
from gatewright.repair.scopes import NEVER, known
from gatewright.repair.source import Source

OPPOSITE = 0.45
PART = 0.35
ANOTHER = 0.3
USUAL_ONE = 0.15
MOST = 4
EMPTY = 0.5
USUAL = ("None", "True", "False", "0", "1", "-1", '""', "[]", "{}", "()")


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
    written = source.text(value)
    for text in _returned(source, node):
        if text != written:
            yield replace(span, text, ANOTHER, value)
    for text in USUAL:
        if text != written:
            yield replace(span, text, USUAL_ONE, value)
    yield from _displays(source, node, value)


def _displays(source: Source, node: ast.Return, value: ast.expr) -> Iterator[Edit]:
    """`[[]]` and `[n]` for `[]`, names of the scope for an early constant."""
    early = isinstance(value, ast.Constant) or (
        isinstance(value, ast.List | ast.Tuple | ast.Dict) and not ast.unparse(value)[1:-1]
    )
    if not early:
        return
    scopes = known(source)
    body = scopes.body(node)
    span = source.span(value)
    lists = body.kind(value) == LIST
    if lists:
        yield replace(span, "[[]]", EMPTY, value)
        yield replace(span, "[()]", EMPTY / 3, value)
        yield replace(span, '[""]', EMPTY / 2, value)
    for name in scopes.names(node):
        if name in NEVER:
            continue
        kind = body.kinds.get(name, ANY)
        boost = UNREAD if name in body.unread else 1.0
        if lists:
            yield replace(span, f"[{name}]", min(1.0, EMPTY * 0.9 * boost), value)
        if kind & body.kind(value) or kind == ANY:
            sure = 1.0 if kind != ANY else 0.8
            yield replace(span, name, min(1.0, EMPTY * 0.8 * boost * sure), value)


def _returned(source: Source, node: ast.Return) -> list[str]:
    """What the other returns of the same function give."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    around = next((up for up in source.ancestors(node) if isinstance(up, functions)), None)
    others = [] if around is None else [n for n in ast.walk(around) if isinstance(n, ast.Return)]
    texts = [source.text(n.value) for n in others if n.value is not None]
    return [text for text in dict.fromkeys(texts) if "\n" not in text][:MOST]
