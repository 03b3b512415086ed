"""Swapped arguments, and swapped parts of a tuple."""

import ast
from collections.abc import Iterator, Sequence
from itertools import combinations

from gatewright.repair.edits import Edit, replace, swap
from gatewright.repair.source import Source

ARGUMENTS = 0.65
KEYWORDS = 0.4
TUPLE = 0.4
MOST = 5
"""Of more arguments only neighbours are swapped."""


def arguments(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Two arguments of a call in the place of each other."""
    if not isinstance(node, ast.Call):
        return
    yield from _swaps(source, node.args, ARGUMENTS)
    yield from _swaps(source, [word.value for word in node.keywords if word.arg], KEYWORDS)


def tuples(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Two parts of a tuple in the place of each other."""
    if isinstance(node, ast.Tuple):
        yield from _swaps(source, node.elts, TUPLE)


def branches(source: Source, node: ast.AST) -> Iterator[Edit]:
    """The two values of `a if condition else b` in the place of each other."""
    if isinstance(node, ast.IfExp):
        then, otherwise = source.text(node.body), source.text(node.orelse)
        first, last = source.span(node.body), source.span(node.orelse)
        middle = source.data[first.end : last.start].decode()
        whole = first._replace(end=last.end)
        yield replace(whole, f"{otherwise}{middle}{then}", TUPLE, node)


def _swaps(source: Source, nodes: Sequence[ast.expr], prior: float) -> Iterator[Edit]:
    for (first, left), (second, right) in combinations(enumerate(nodes), 2):
        if len(nodes) > MOST and second - first > 1:
            continue
        if isinstance(left, ast.Starred) or isinstance(right, ast.Starred):
            continue
        if ast.dump(left) != ast.dump(right):
            yield swap(source, left, right, prior if second - first == 1 else prior / 2)
