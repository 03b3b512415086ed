"""Expressions of the same function in the place of others, and the parts of a subscript."""

import ast
from collections.abc import Iterator
from itertools import permutations

from gatewright.repair.bodies import Donor, size_of
from gatewright.repair.edits import Edit, put, replace, swap
from gatewright.repair.plausible import senseless, worth
from gatewright.repair.scopes import is_called, known
from gatewright.repair.source import Source

DONOR = 0.4
CONSTANT = 0.3
"""Of an expression in the place of a number."""
INDEX = 0.6
BASE = 0.35
MOST = 20
"""Donors for one place."""
MOST_INDEXES = 24
LARGEST = 9
"""Expressions of a donor."""
FAR = 12
"""Lines after which a donor's nearness counts for half."""


def donors(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another expression that the function has already."""
    if not _replaceable(source, node):
        return
    assert isinstance(node, ast.expr)
    scopes = known(source)
    body = scopes.body(node)
    own, line = source.text(node), node.lineno
    size, above = size_of(node), set(source.ancestors(node))
    scored: list[tuple[float, Donor]] = []
    for donor in body.near(node.lineno):
        if donor.size > LARGEST or donor.text == own or isinstance(donor.node, ast.Constant):
            continue
        if isinstance(node, ast.Name) and isinstance(donor.node, ast.Name):
            continue  # `names` has it
        nearness = FAR / (FAR + min(abs(each - line) for each in donor.lines))
        if donor.node is node or donor.node in above:
            continue
        more = max(0, donor.size - size)
        bulk = 1 / (1 + 0.1 * more + 0.04 * abs(donor.size - size) + 0.03 * donor.size)
        like = 1.3 if type(donor.node) is type(node) or donor.size == 1 else 1.0
        scored.append((worth(body, donor, node) * nearness * bulk * like, donor))
    scored.sort(key=lambda pair: -pair[0])
    prior = CONSTANT if isinstance(node, ast.Constant) else DONOR
    left = MOST
    for value, donor in scored:
        if left == 0:
            return
        if scopes.visible(donor.names, node) and not senseless(source, node, donor.text):
            left -= 1
            yield put(source, node, donor.text, donor.binds, min(1.0, prior * value))


def subscripts(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`d[k, j]` for `d[i, k]`: other names as the parts of an index, or another base."""
    if not isinstance(node, ast.Subscript) or isinstance(node.slice, ast.Slice):
        return
    scopes = known(source)
    body = scopes.body(node)
    if isinstance(node.slice, ast.Tuple):
        yield from _indexes(source, node.slice)
    inner = node.value
    if isinstance(inner, ast.Subscript) and not isinstance(inner.slice, ast.Slice):
        yield swap(source, inner.slice, node.slice, INDEX)
    for other in body.donors:
        if not isinstance(other.node, ast.Subscript) or isinstance(other.node.slice, ast.Slice):
            continue
        base = source.text(other.node.value)
        if base == source.text(node.value) or not scopes.visible(other.names, node):
            continue
        yield replace(source.span(node.value), base, BASE / 2, node)
        if isinstance(node.slice, ast.Tuple):
            for part in node.slice.elts:
                yield replace(source.span(node), f"{base}[{source.text(part)}]", BASE, node)


def _indexes(source: Source, index: ast.Tuple) -> Iterator[Edit]:
    """Rearranged, and with one number taken off or put on each part."""
    parts = [source.text(part) for part in index.elts]
    if len(parts) > 3 or index.elts == []:
        return
    names = list(dict.fromkeys([*parts, *_other_indexes(source, index)]))
    found = 0
    for order in permutations(names, len(parts)):
        changed = sum(old != new for old, new in zip(parts, order, strict=True))
        if changed == 0 or found == MOST_INDEXES:
            continue
        found += 1
        kept = set(order) == set(parts)
        prior = INDEX if kept else INDEX * 0.75**changed
        yield replace(source.span(index), ", ".join(order), prior, index)
    if all(isinstance(part, ast.BinOp | ast.Name) for part in index.elts):
        steps = [f"{source.text(part)} - 1" for part in index.elts if isinstance(part, ast.Name)]
        bases = [
            source.text(part) if isinstance(part, ast.BinOp) else f"{source.text(part)} - 1"
            for part in index.elts
        ]
        if steps:
            yield replace(source.span(index), ", ".join(bases), INDEX, index)


def _other_indexes(source: Source, index: ast.Tuple) -> list[str]:
    """What stands in the tuple indexes of the same statement, else of the same function."""
    body = known(source).body(index)
    found: dict[str, None] = {}
    for donor in body.donors:
        if isinstance(donor.node, ast.Subscript) and isinstance(donor.node.slice, ast.Tuple):
            for part in donor.node.slice.elts:
                if isinstance(part, ast.Name) and known(source).visible([part.id], index):
                    found[part.id] = None
    return list(found)


def _replaceable(source: Source, node: ast.AST) -> bool:
    if not isinstance(node, ast.expr) or isinstance(node, ast.Starred | ast.Slice | ast.JoinedStr):
        return False
    if not isinstance(getattr(node, "ctx", None), ast.Load | None) or is_called(source, node):
        return False
    parent = source.parents.get(node)
    if isinstance(parent, ast.Expr | ast.FormattedValue | ast.withitem | ast.arguments):
        return False
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float | None) or node.value in ("", True, False)
    if isinstance(node, ast.Tuple) and isinstance(parent, ast.Subscript):
        return False
    return not isinstance(node, ast.Yield | ast.YieldFrom | ast.Await | ast.Lambda)
