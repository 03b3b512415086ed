"""A statement deleted, doubled, swapped with its neighbour, or moved in or out of a block."""

import ast
from collections.abc import Iterator, Sequence

from gatewright.repair.edits import Edit
from gatewright.repair.source import Source, Span, is_main_guard

DELETE = 0.35
SWAP = 0.3
OUT = 0.45
IN = 0.3
COMPOUND = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
UNMOVED = (*COMPOUND, ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal)
BLOCKS = ("body", "orelse", "finalbody")
LONGEST = 12
"""Lines of a statement that is moved."""


def moves(source: Source, node: ast.AST) -> Iterator[Edit]:
    """All of them for one statement."""
    if not isinstance(node, ast.stmt) or isinstance(node, UNMOVED):
        return
    if isinstance(node, ast.If) and is_main_guard(node):
        return
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return
    block = _block(source, node)
    span = _lines(source, node)
    if block is None or span is None or _is_docstring(node) or _height(node) > LONGEST:
        return
    place = block.index(node)
    follower = block[place + 1] if place + 1 < len(block) else None
    leader = block[place - 1] if place else None
    yield from _deleted(source, node, block, span)
    if follower is not None:
        yield from _swapped(source, node, follower, span)
    if follower is None:
        yield from _out_after(source, node, block, span)
    if leader is None and len(block) > 1:
        yield from _out_before(source, node, span)
    if leader is not None:
        yield from _into_before(source, node, leader, span)
    if follower is not None:
        yield from _into_after(source, node, follower, span)


def _deleted(
    source: Source, node: ast.stmt, block: Sequence[ast.stmt], span: Span
) -> Iterator[Edit]:
    simple = _height(node) == 1
    prior = DELETE if simple else DELETE / 2
    if len(block) > 1:
        yield Edit(span.start, source_next(source, span.end), "", prior, node)
    else:
        start = source.span(node).start
        yield Edit(start, source.span(node).end, "pass", prior * 0.6, node)
    unwrapped = getattr(node, "body", None)
    if isinstance(node, ast.If) and not node.orelse and unwrapped:
        yield from _unwrapped(source, node, span)


def _unwrapped(source: Source, node: ast.If, span: Span) -> Iterator[Edit]:
    """The body without its condition."""
    outer, inner = source.indent(node), source.indent(node.body[0])
    if outer is None or inner is None or not inner.startswith(outer):
        return
    if source.data.startswith(b"elif", source.span(node).start):
        return
    first = source.line_start(source.span(node.body[0]).start)
    lines = source.data[first : span.end].decode()
    new = _shifted(lines, inner, outer)
    if new is not None:
        yield Edit(span.start, span.end, new, DELETE / 2, node)


def _swapped(source: Source, node: ast.stmt, follower: ast.stmt, span: Span) -> Iterator[Edit]:
    other = _lines(source, follower)
    if other is None or isinstance(follower, COMPOUND) or _height(follower) > LONGEST:
        return
    if isinstance(node, ast.Return | ast.Break | ast.Continue | ast.Raise):
        return
    one = source.data[span.start : span.end].decode()
    two = source.data[other.start : other.end].decode()
    gap = source.data[span.end : other.start].decode()
    prior = SWAP if _height(node) + _height(follower) == 2 else SWAP * 0.7
    if isinstance(follower, ast.Return | ast.Break | ast.Continue | ast.Raise):
        prior *= 0.2  # what follows a way out never runs
    yield Edit(span.start, other.end, f"{two}{gap}{one}", prior, node)


def _out_after(
    source: Source, node: ast.stmt, block: Sequence[ast.stmt], span: Span
) -> Iterator[Edit]:
    """The last statement of a block after the block, one or two levels out."""
    inner = source.indent(node)
    if inner is None:
        return
    prior = OUT
    for up in source.ancestors(node):
        if isinstance(up, COMPOUND) or not isinstance(up, ast.stmt):
            if isinstance(up, ast.ExceptHandler | ast.match_case):
                continue
            return
        last = source.span(up).end == source.span(node).end
        outer = source.indent(up)
        if not last or outer is None or not inner.startswith(outer):
            return
        if source.data.startswith(b"elif", source.span(up).start):
            continue
        new = _shifted(source.data[span.start : span.end].decode(), inner, outer)
        if new is None:
            return
        kept = f"{inner}pass{source.newline}" if len(block) == 1 else ""
        factor = 0.35 if kept else 1.0
        yield Edit(span.start, span.end, kept + new, prior * factor, node)
        prior *= 0.6


def _out_before(source: Source, node: ast.stmt, span: Span) -> Iterator[Edit]:
    """The first statement of a block before the block."""
    parent = source.parents.get(node)
    if not isinstance(parent, ast.For | ast.While | ast.If | ast.With):
        return
    if node is not parent.body[0]:
        return
    inner, outer = source.indent(node), source.indent(parent)
    if inner is None or outer is None:
        return
    start = source.line_start(source.span(parent).start)
    if source.data.startswith(b"elif", source.span(parent).start):
        return
    new = _shifted(source.data[span.start : span.end].decode(), inner, outer)
    if new is None:
        return
    header = source.data[start : span.start].decode()
    end = source_next(source, span.end)
    if end == span.end:
        return
    yield Edit(start, end, f"{new}{source.newline}{header}", OUT * 0.6, node)


def _into_before(source: Source, node: ast.stmt, leader: ast.stmt, span: Span) -> Iterator[Edit]:
    """Into the end of the block that stands before it."""
    for prior, last in zip((IN, IN * 0.7), _last_bodies(leader), strict=False):
        inner, outer = source.indent(last), source.indent(node)
        if inner is None or outer is None:
            return
        between = source.data[source.span(leader).end : span.start].decode()
        new = _shifted(source.data[span.start : span.end].decode(), outer, inner)
        if new is None or "#" in between:
            return
        yield Edit(span.start, span.end, new, prior, node)


def _into_after(source: Source, node: ast.stmt, follower: ast.stmt, span: Span) -> Iterator[Edit]:
    """Into the head of the block that stands after it."""
    if not isinstance(follower, ast.For | ast.While | ast.If | ast.With):
        return
    inner, outer = source.indent(follower.body[0]), source.indent(node)
    first = _lines(source, follower.body[0])
    if inner is None or outer is None or first is None:
        return
    new = _shifted(source.data[span.start : span.end].decode(), outer, inner)
    if new is None:
        return
    start = source_next(source, span.end)
    header = source.data[start : first.start].decode()
    yield Edit(span.start, first.start, f"{header}{new}{source.newline}", IN * 0.8, node)


def _last_bodies(leader: ast.stmt) -> Iterator[ast.stmt]:
    """The last statements of the blocks at the end of a statement, the outermost first."""
    node: ast.stmt = leader
    while isinstance(node, ast.For | ast.While | ast.If | ast.With | ast.AsyncFor):
        otherwise: list[ast.stmt] = getattr(node, "orelse", [])
        node = (otherwise or node.body)[-1]
        yield node


def _shifted(lines: str, before: str, after: str) -> str | None:
    """Lines with another indentation; None where one of them has less than it should."""
    shifted: list[str] = []
    for line in lines.splitlines(keepends=True):
        if line.strip() and not line.startswith(before):
            return None
        shifted.append(after + line[len(before) :] if line.strip() else line)
    return "".join(shifted)


def _block(source: Source, node: ast.stmt) -> list[ast.stmt] | None:
    parent = source.parents.get(node)
    for name in BLOCKS:
        block = getattr(parent, name, None)
        if isinstance(block, list) and node in block:
            return block
    return None


def _lines(source: Source, node: ast.stmt) -> Span | None:
    """The whole lines of a statement, without the last line end; None if others are on them."""
    if source.indent(node) is None or getattr(node, "decorator_list", None):
        return None
    span = source.span(node)
    if source.data.startswith(b"elif", span.start):
        return None
    end = source.line_end(span.end)
    rest = source.data[span.end : end].strip()
    if rest and not rest.startswith(b"#"):
        return None
    return Span(source.line_start(span.start), end)


def source_next(source: Source, end: int) -> int:
    """After the line end that stands at a byte."""
    for mark in (b"\r\n", b"\n", b"\r"):
        if source.data.startswith(mark, end):
            return end + len(mark)
    return end


def _height(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
