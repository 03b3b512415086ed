"""Wrong names: another variable of the same scope, another attribute, the twin of a function."""

import ast
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from functools import lru_cache

from gatewright.repair.edits import Edit, replace
from gatewright.repair.scopes import Scopes, is_called
from gatewright.repair.source import Source, Span

NAME = 0.6
TARGET = 0.4
"""Of a name that is assigned to."""
ATTRIBUTE = 0.55
TWIN = 0.8
MOST = 6
"""Names tried at one place, the most similar first."""

PAIRS = (
    ("min", "max"),
    ("any", "all"),
    ("floor", "ceil"),
    ("floor", "round"),
    ("int", "round"),
    ("sum", "len"),
    ("append", "extend"),
    ("add", "discard"),
    ("add", "remove"),
    ("update", "add"),
    ("lower", "upper"),
    ("title", "capitalize"),
    ("strip", "lstrip"),
    ("strip", "rstrip"),
    ("lstrip", "rstrip"),
    ("ljust", "rjust"),
    ("find", "rfind"),
    ("index", "rindex"),
    ("split", "rsplit"),
    ("partition", "rpartition"),
    ("startswith", "endswith"),
    ("removeprefix", "removesuffix"),
    ("keys", "values"),
    ("values", "items"),
    ("pop", "popleft"),
    ("append", "appendleft"),
    ("union", "intersection"),
    ("difference", "symmetric_difference"),
    ("issubset", "issuperset"),
    ("bisect_left", "bisect_right"),
    ("isdigit", "isalnum"),
    ("isalpha", "isalnum"),
    ("sin", "cos"),
    ("list", "set"),
    ("sorted", "list"),
    ("heappush", "heappop"),
    ("match", "fullmatch"),
    ("match", "search"),
    ("days", "seconds"),
    ("seconds", "total_seconds"),
)


def names(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another name that the same scope knows."""
    if not isinstance(node, ast.Name) or not _is_use(source, node):
        return
    scopes = _scopes(source)
    called = is_called(source, node)
    variables = scopes.variables(node)
    prior = NAME if isinstance(node.ctx, ast.Load) else TARGET
    others: list[str] = []
    if node.id in variables:
        others = variables
    elif called:
        others = scopes.callables
    elif node.id in scopes.constants:
        others = scopes.constants
    for name, likeness in _ranked(node.id, others):
        yield replace(source.span(node), name, prior * likeness, node)


def attributes(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another attribute of the same object."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
        return
    span = _attribute_name(source, node)
    for name, likeness in _ranked(node.attr, _scopes(source).attributes(node)):
        yield replace(span, name, ATTRIBUTE * likeness, node)


def twins(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`max` for `min`, `endswith` for `startswith`."""
    if not is_called(source, node):
        return
    if isinstance(node, ast.Name):
        span, name = source.span(node), node.id
    elif isinstance(node, ast.Attribute):
        span, name = _attribute_name(source, node), node.attr
    else:
        return
    for first, second in PAIRS:
        if name in (first, second):
            yield replace(span, second if name == first else first, TWIN, node)


def _is_use(source: Source, node: ast.Name) -> bool:
    """Whether the name is read, or assigned to by a statement."""
    if isinstance(node.ctx, ast.Load):
        return True
    return isinstance(source.parents.get(node), ast.Assign | ast.AugAssign)


def _attribute_name(source: Source, node: ast.Attribute) -> Span:
    end = source.span(node).end
    return Span(end - len(node.attr.encode()), end)


def _ranked(name: str, others: Iterable[str]) -> list[tuple[str, float]]:
    """The most similar names, with a likeness from 0.6 to 1."""
    unlike = [other for other in others if other not in (name, "self", "cls", "_")]
    scored = [(other, 0.6 + 0.4 * _similar(name, other)) for other in unlike]
    return sorted(scored, key=lambda pair: -pair[1])[:MOST]


def _similar(name: str, other: str) -> float:
    return SequenceMatcher(None, name, other, autojunk=False).ratio()


@lru_cache(maxsize=4)
def _scopes(source: Source) -> Scopes:
    return Scopes(source)
