"""What one function knows: its names and what they seem to hold, and the expressions it has."""

import ast
import builtins
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from gatewright.repair.edits import level
from gatewright.repair.kinds import Kind, kind_of, kinds
from gatewright.repair.source import Source

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BUILTINS = frozenset(dir(builtins))
MOST_NEAR = 80
"""Donors that are looked at for one line of a long function."""
MOST_NAMES = 14
LONGEST_DONOR = 70
"""Characters of an expression that is offered elsewhere."""


class Donor(NamedTuple):
    """An expression of the function, as something to put elsewhere."""

    text: str
    binds: int
    kind: Kind
    names: frozenset[str]
    """Names that it reads and does not bind itself."""
    size: int
    """Expressions in it, itself one of them."""
    lines: list[int]
    """Where it stands."""
    node: ast.expr


class Body:
    """One outermost function, or the module's own code, with all that is in it."""

    def __init__(self, source: Source, node: ast.AST) -> None:
        self.source = source
        self.node = node
        self._near: dict[int, list[Donor]] = {}

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """What the names may hold; names without evidence are not there."""
        return kinds(self.node)

    def kind(self, node: ast.AST) -> Kind:
        """What an expression may give."""
        return kind_of(node, self.kinds)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All that may be edited, in the order of the text."""
        if isinstance(self.node, ast.Module):
            tops = [n for n in self.node.body if not isinstance(n, (*FUNCTIONS, ast.ClassDef))]
            return [node for top in tops for node in self.source.nodes(top)]
        return list(self.source.nodes(self.node))

    @cached_property
    def parameters(self) -> list[str]:
        """Of the function and those in it."""
        functions = [self.node, *(n for n in self.nodes if isinstance(n, FUNCTIONS))]
        return list(dict.fromkeys(n for f in functions for n in parameters(f)))

    @cached_property
    def read(self) -> frozenset[str]:
        """Names that are read anywhere in it, f-strings included."""
        return frozenset(
            node.id
            for node in ast.walk(self.node)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        )

    @cached_property
    def unread(self) -> frozenset[str]:
        """Parameters and variables that nothing reads: likely what is missing somewhere."""
        bound = {*self.parameters}
        bound |= {
            node.id
            for node in self.nodes
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        return frozenset(n for n in bound - self.read if n not in ("self", "cls", "_"))

    @cached_property
    def donors(self) -> list[Donor]:
        """Expressions, each text once, in the order of the text."""
        found: dict[str, Donor] = {}
        for node in self.nodes:
            if not isinstance(node, ast.expr) or isinstance(node, ast.Slice | ast.Starred):
                continue
            if not isinstance(getattr(node, "ctx", None), ast.Load | None):
                continue
            if isinstance(node, ast.Yield | ast.YieldFrom | ast.Await | ast.NamedExpr):
                continue
            parent = self.source.parents.get(node)
            if isinstance(parent, ast.Expr) or (
                isinstance(parent, ast.Call) and node is parent.func
            ):
                continue  # a statement's call gives nothing, and a method is no value
            span = self.source.span(node)
            if span.end - span.start > LONGEST_DONOR:
                continue
            text = self.source.text(node)
            if text in found:
                found[text].lines.append(node.lineno)
                continue
            if "\n" in text or "\r" in text:
                continue
            if isinstance(node, ast.Tuple) and not text.startswith("("):
                text = f"({text})"
            size = size_of(node)
            kind = self.kind(node)
            found[text] = Donor(text, level(node), kind, free(node), size, [node.lineno], node)
        return list(found.values())

    def near(self, line: int) -> list[Donor]:
        """The donors nearest to a line, in the order of the text."""
        if len(self.donors) <= MOST_NEAR:
            return self.donors
        if line not in self._near:
            away = {d.text: min(abs(each - line) for each in d.lines) for d in self.donors}
            limit = sorted(away.values())[MOST_NEAR]
            self._near[line] = [d for d in self.donors if away[d.text] <= limit][: 2 * MOST_NEAR]
        return self._near[line]

    def nearest(self, names: list[str], line: int) -> list[str]:
        """Of many names those that are used nearest to a line, and those that nothing reads."""
        if len(names) <= MOST_NAMES:
            return names

        def away(name: str) -> int:
            lines = self._uses.get(name, ())
            return -1 if name in self.unread else min((abs(n - line) for n in lines), default=99)

        kept = set(sorted(names, key=away)[:MOST_NAMES])
        return [name for name in names if name in kept]

    @cached_property
    def _uses(self) -> dict[str, list[int]]:
        """Lines on which names stand."""
        found: dict[str, list[int]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Name):
                found.setdefault(node.id, []).append(node.lineno)
        return found

    @cached_property
    def returned(self) -> list[Donor]:
        """Expressions that it returns."""
        texts = {
            self.source.text(node.value)
            for node in self.nodes
            if isinstance(node, ast.Return) and node.value is not None
        }
        return [donor for donor in self.donors if donor.text in texts]

    @cached_property
    def statements(self) -> list[ast.stmt]:
        """All statements in it but itself."""
        return [n for n in self.nodes if isinstance(n, ast.stmt) and n is not self.node]


def size_of(node: ast.AST) -> int:
    """How many expressions are in one, itself counted."""
    return sum(1 for part in ast.walk(node) if isinstance(part, ast.expr))


def parameters(function: ast.AST) -> list[str]:
    """Names of a function's parameters."""
    arguments = getattr(function, "args", None)
    if not isinstance(arguments, ast.arguments):
        return []
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    return [argument.arg for argument in every]


def free(node: ast.AST) -> frozenset[str]:
    """Names that an expression reads and does not bind itself."""
    read: set[str] = set()
    bound: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            (read if isinstance(part.ctx, ast.Load) else bound).add(part.id)
        elif isinstance(part, ast.arg):
            bound.add(part.arg)
    return frozenset(read - bound)


def bindings(scope: ast.AST, source: Source) -> Iterator[tuple[str, int]]:
    """Names that a scope binds, not those of scopes within, and from which byte on."""
    for name in parameters(scope):
        yield name, source.span(scope).start
    body = [scope.body] if isinstance(scope, ast.Lambda) else getattr(scope, "body", [])
    waiting: list[tuple[ast.AST, int]] = [(child, 0) for child in reversed(body)]
    while waiting:
        node, since = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, source.span(node).end
            continue
        if isinstance(node, (ast.Lambda, *COMPREHENSIONS)):
            continue
        yield from _bound(node, since, source)
        below = [(child, _since(node, child, since, source)) for child in _children(node)]
        waiting.extend(reversed(below))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr):
        return  # binds nothing that counts, and has no positions on 3.11
    yield from ast.iter_child_nodes(node)


def _bound(node: ast.AST, since: int, source: Source) -> Iterator[tuple[str, int]]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id, since or source.span(node).end
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0], since
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name, source.span(node.body[0]).start
    elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name, source.span(node).end
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest, source.span(node).end


def _since(node: ast.AST, child: ast.AST, since: int, source: Source) -> int:
    """From which byte on what a child binds is bound."""
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Import | ast.ImportFrom):
        return source.span(node).end
    if isinstance(node, ast.For | ast.AsyncFor) and child is node.target:
        return source.span(node.iter).end
    return 0 if isinstance(child, ast.stmt) else since
