"""What a loop goes over."""

import ast
from collections.abc import Iterator

from gatewright.repair.edits import ATOM, Edit, put, replace, tight
from gatewright.repair.kinds import ANY, DICT, ITERABLE, ITERATOR, NUMBER, SEQUENCE
from gatewright.repair.scopes import known
from gatewright.repair.source import Source, is_main_guard

PART = 0.45
"""`xs[k:]` for `xs`."""
ONE = 0.4
VIEW = 0.4
ORDER = 0.3
OTHER = 0.5
STEP = 0.3


def iterated(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another collection, a part of it, its items, the reverse, a copy."""
    parent = source.parents.get(node)
    loops = isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension)
    if not loops or node is not parent.iter:  # type: ignore[union-attr]
        return
    assert isinstance(node, ast.expr)
    text = source.text(node)
    body = known(source).body(node)
    kind = body.kind(node)
    names = known(source).names(node)
    numbers = [n for n in names if body.kinds.get(n, ANY) & NUMBER]
    if kind & SEQUENCE:
        base = tight(source, node, ATOM)
        for bound in ("1", *_sure_first(numbers, body.kinds, body.unread)):
            prior = PART if bound == "1" or bound in body.unread else PART * 0.9
            if bound != text:
                yield put(source, node, f"{base}[{bound}:]", ATOM, prior)
                yield put(source, node, f"{base}[:{bound}]", ATOM, prior * 0.7)
        yield put(source, node, f"{base}[:-1]", ATOM, PART * 0.6)
        yield put(source, node, f"{base}[::-1]", ATOM, ORDER * 0.6)
    if kind & DICT:
        for view in ("items", "values", "keys"):
            yield put(source, node, f"{tight(source, node, ATOM)}.{view}()", ATOM, VIEW)
    for call, prior in (("reversed", ORDER), ("sorted", ORDER), ("list", ORDER * 1.2)):
        yield put(source, node, f"{call}({text})", ATOM, prior)
    yield put(source, node, f"enumerate({text})", ATOM, ORDER if _pair(parent) else ORDER / 5)
    if kind & (NUMBER | SEQUENCE | DICT) and not kind & ITERATOR:
        shape = f"range({text})" if kind == NUMBER else f"range(len({text}))"
        yield put(source, node, shape, ATOM, ORDER)
    for name in names:
        if name != text and body.kinds.get(name, ANY) & ITERABLE:
            sure = 1.0 if name in body.unread else 0.8
            yield put(source, node, name, ATOM, OTHER * sure)
            yield put(source, node, f"enumerate({name})", ATOM, OTHER * 0.4 * sure)


def ranges(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A start, an end or a step of a range that is missing, too much or turned round."""
    if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "range" or node.keywords:
        return
    texts = [source.text(argument) for argument in node.args]
    span = source.span(node)
    body = known(source).body(node)
    names = [n for n in known(source).names(node) if body.kinds.get(n, ANY) & NUMBER]
    starts = ("1", "2", *_sure_first(names, body.kinds, body.unread)[:4])
    if len(texts) == 1:
        for start in starts:
            if start != texts[0]:
                yield replace(span, f"range({start}, {texts[0]})", ONE, node)
                yield replace(span, f"range({start}, {texts[0]} + 1)", ONE, node)
        yield replace(span, f"range({texts[0]} - 1, -1, -1)", ONE, node)
    elif len(texts) == 2:
        first, last = texts
        yield replace(span, f"range({last})", ONE * 0.7, node)
        for step in ("2", "-1", *names[:3]):
            yield replace(span, f"range({first}, {last}, {step})", STEP, node)
        yield replace(span, f"range({first} + 1, {last} + 1)", STEP, node)
        yield replace(span, f"range({first} - 1, {last} - 1)", STEP * 0.8, node)
        yield replace(span, f"range({first} - 1, {last} - 1, -1)", STEP * 0.6, node)
    elif len(texts) == 3:
        yield replace(span, f"range({texts[0]}, {texts[1]})", ONE * 0.8, node)
        for name in names[:4]:
            yield replace(source.span(node.args[2]), name, STEP, node)


def whiles(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`if` for `while` and the reverse."""
    if isinstance(node, ast.While) and not node.orelse and not _leaves(node):
        start = source.span(node).start
        yield Edit(start, start + len("while"), "if", STEP, node)
    if isinstance(node, ast.If) and not node.orelse and not is_main_guard(node):
        start = source.span(node).start
        if source.data.startswith(b"if", start):
            yield Edit(start, start + len("if"), "while", STEP, node)


def _leaves(loop: ast.While) -> bool:
    return any(isinstance(part, ast.Break | ast.Continue) for part in ast.walk(loop))


def _pair(parent: ast.AST | None) -> bool:
    return isinstance(getattr(parent, "target", None), ast.Tuple)


def _sure_first(names: list[str], kinds: dict[str, int], unread: frozenset[str]) -> list[str]:
    """Names that nothing reads, then those known to be numbers."""
    return sorted(names, key=lambda name: (name not in unread, kinds.get(name, ANY) == ANY))
