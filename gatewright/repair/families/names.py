"""Wrong names: another variable of the same scope, another attribute, the twin of a function."""

import ast
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from functools import lru_cache

from gatewright.repair.bodies import Body
from gatewright.repair.edits import Edit, replace
from gatewright.repair.kinds import ANY, FUNCTION
from gatewright.repair.plausible import UNREAD, fit, senseless
from gatewright.repair.scopes import NEVER, is_called, known
from gatewright.repair.source import Source, Span

NAME = 0.6
TARGET = 0.4
"""Of a name that is assigned to."""
ATTRIBUTE = 0.55
TWIN = 0.8
MEMBER = 0.2
"""Of `x.y` for `x`."""
MOST = 10
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
    """Another name that is bound there."""
    if not isinstance(node, ast.Name) or not _is_use(source, node):
        return
    scopes = known(source)
    body = scopes.body(node)
    called = is_called(source, node)
    bound = scopes.names(node)
    prior = NAME if isinstance(node.ctx, ast.Load) else TARGET
    others: list[str] = []
    if node.id in bound or not scopes.visible([node.id], node):
        others = [*bound, *(scopes.callables if called else ())]
    elif called:
        others = [*scopes.callables, *(n for n in bound if body.kinds.get(n, ANY) == FUNCTION)]
    elif node.id in scopes.constants:
        others = [*scopes.constants, *bound]
    elif isinstance(node.ctx, ast.Load):
        others = bound
    scored = [
        (name, prior * likeness * _worth(body, node, name))
        for name, likeness in _ranked(node.id, others)
        if not senseless(source, node, name)
    ]
    for name, score in sorted(scored, key=lambda pair: -pair[1])[:MOST]:
        yield replace(source.span(node), name, min(1.0, score), node)


def _worth(body: Body, node: ast.Name, name: str) -> float:
    """How well a name suits the place by its kind, and whether it is used at all."""
    suits = fit(body, node, body.kinds.get(name, ANY))
    return suits * (UNREAD if name in body.unread else 1.0)


def attributes(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another attribute of the same object."""
    if not isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Del):
        return
    span = _attribute_name(source, node)
    prior = ATTRIBUTE if isinstance(node.ctx, ast.Load) else ATTRIBUTE * 0.7
    for name, likeness in _ranked(node.attr, _attributes(source, node))[:MOST]:
        yield replace(span, name, prior * likeness, node)
    if isinstance(node.ctx, ast.Load) and not is_called(source, node):
        members = known(source).attributes(node)
        for name in members[:3]:  # one step further along a chain
            yield Edit(span.end, span.end, f".{name}", ATTRIBUTE / 4, node)


def members(source: Source, node: ast.AST) -> Iterator[Edit]:
    """An attribute of an object in the place of the object, and the object for its attribute."""
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    parent = source.parents.get(node)
    if is_called(source, node) or isinstance(parent, ast.Attribute | ast.Expr):
        return
    body = known(source).body(node)
    for name in known(source).of_object(node.id, body):
        span = source.span(node)
        yield Edit(span.end, span.end, f".{name}", MEMBER, node)


def calls(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A method without its parentheses."""
    if not isinstance(node, ast.Attribute) or is_called(source, node):
        return
    if isinstance(node.ctx, ast.Load) and node.attr in known(source).methods:
        end = source.span(node).end
        yield Edit(end, end, "()", ATTRIBUTE, node)


def _attributes(source: Source, node: ast.Attribute) -> list[str]:
    """Of the same object, then of others in the function that are used alike."""
    found = dict.fromkeys(known(source).attributes(node))
    called = is_called(source, node)
    for other in known(source).body(node).nodes:
        if isinstance(other, ast.Attribute) and is_called(source, other) == called:
            found[other.attr] = None
    return list(found)


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
    unlike = [other for other in dict.fromkeys(others) if other != name and other not in NEVER]
    scored = [(other, 0.6 + 0.4 * _similar(name, other)) for other in unlike]
    return sorted(scored, key=lambda pair: -pair[1])


@lru_cache(maxsize=4096)
def _similar(name: str, other: str) -> float:
    return SequenceMatcher(None, name, other, autojunk=False).ratio()
