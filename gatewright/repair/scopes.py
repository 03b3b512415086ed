"""Which names a place in a file could have meant."""

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache

from gatewright.repair.bodies import BUILTINS, COMPREHENSIONS, FUNCTIONS, Body, bindings
from gatewright.repair.source import Source

_SCOPES = (*FUNCTIONS, ast.Lambda)
NEVER = ("self", "cls", "_")
"""Names that nobody confuses with others."""


class Scopes:
    """The names of one file by scope, each list in the order of the text."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[ast.AST, list[tuple[str, int]]] = {}
        self._at: dict[tuple[ast.AST, int | None], list[str]] = {}
        self._bodies: dict[ast.AST, Body] = {}

    def body(self, node: ast.AST) -> Body:
        """The outermost function around a node, or the module's own code."""
        owner: ast.AST = self._source.tree
        for up in (node, *self._source.ancestors(node)):
            if isinstance(up, FUNCTIONS):
                owner = up
        if owner not in self._bodies:
            self._bodies[owner] = Body(self._source, owner)
        return self._bodies[owner]

    def names(self, node: ast.AST, at: int | None = None) -> list[str]:
        """Parameters and variables that are bound when a node runs, or a new one at a byte."""
        if (node, at) not in self._at:
            here = self._source.span(node).start if at is None else at
            self._at[node, at] = list(dict.fromkeys(self._names(node, here)))
        return self._at[node, at]

    def visible(self, names: Iterable[str], node: ast.AST, at: int | None = None) -> bool:
        """Whether all these names mean something at a node."""
        here = self.names(node, at)
        return all(name in here or name in self.globals for name in names)

    @cached_property
    def globals(self) -> frozenset[str]:
        """Names that functions find in the module or among the built-in ones."""
        return BUILTINS | {name for name, _ in self._module}

    @cached_property
    def constants(self) -> list[str]:
        """Names in capitals that the module assigns or imports."""
        return list(dict.fromkeys(name for name, _ in self._module if name.isupper()))

    @cached_property
    def callables(self) -> list[str]:
        """Functions and classes of the module, and what it imports and calls."""
        defined = {
            node.name
            for node in self._source.tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        called = {
            node.func.id
            for node in ast.walk(self._source.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        names = dict.fromkeys(name for name, _ in self._module)
        return [name for name in names if name in called or name in defined]

    def attributes(self, node: ast.Attribute) -> list[str]:
        """Attributes that the same object seems to have."""
        called = is_called(self._source, node)
        base = ast.dump(node.value)
        names: dict[str, None] = {}
        for owner in self._owners(node):
            names.update(dict.fromkeys(_members(owner, methods=called)))
        for other, dumped in self._attributes:
            if dumped == base and is_called(self._source, other) == called:
                names[other.attr] = None
        return list(names)

    @cached_property
    def functions(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        """Functions and methods of the file by name; the last of a name."""
        return {
            node.name: node for node in ast.walk(self._source.tree) if isinstance(node, FUNCTIONS)
        }

    @cached_property
    def methods(self) -> frozenset[str]:
        """Names of methods that classes of the file define and objects are asked for."""
        return frozenset(name for owner in self._classes for name in _members(owner, methods=True))

    def of_object(self, name: str, body: Body) -> list[str]:
        """Attributes that the function reads of a name."""
        own: dict[str, None] = {}
        for other in body.nodes:
            if not isinstance(other, ast.Attribute) or is_called(self._source, other):
                continue
            if isinstance(other.value, ast.Name) and other.value.id == name:
                own[other.attr] = None
        return list(own)

    def _names(self, node: ast.AST, here: int) -> Iterator[str]:
        child, deferred, in_function = node, False, False
        for up in self._source.ancestors(node):
            if isinstance(up, COMPREHENSIONS):
                yield from _comprehended(up, child)
            elif isinstance(up, ast.comprehension):
                yield from _generated(up, child)
            elif isinstance(up, _SCOPES):
                if child in getattr(up, "decorator_list", ()) or child is up.args:
                    child = up
                    continue
                in_function = True
                for name, since in self._bound(up):
                    if deferred or since <= here:
                        yield name
                deferred = True
            elif isinstance(up, ast.Module) and not in_function:
                for name, since in self._module:
                    if since <= here:
                        yield name
            child = up

    def _owners(self, node: ast.Attribute) -> Iterator[ast.ClassDef]:
        """The class of `self`, else classes of the file that have this attribute."""
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            around = (up for up in self._source.ancestors(node) if isinstance(up, ast.ClassDef))
            yield from list(around)[:1]
            return
        for owner in self._classes:
            if node.attr in _members(owner, methods=is_called(self._source, node)):
                yield owner

    @cached_property
    def _classes(self) -> list[ast.ClassDef]:
        return [node for node in ast.walk(self._source.tree) if isinstance(node, ast.ClassDef)]

    @cached_property
    def _attributes(self) -> list[tuple[ast.Attribute, str]]:
        every = (node for node in ast.walk(self._source.tree) if isinstance(node, ast.Attribute))
        return [(node, ast.dump(node.value)) for node in every]

    @cached_property
    def _module(self) -> list[tuple[str, int]]:
        return self._bound(self._source.tree)

    def _bound(self, scope: ast.AST) -> list[tuple[str, int]]:
        if scope not in self._known:
            self._known[scope] = list(bindings(scope, self._source))
        return self._known[scope]


@lru_cache(maxsize=4)
def known(source: Source) -> Scopes:
    """The scopes of a file."""
    return Scopes(source)


def is_called(source: Source, node: ast.AST) -> bool:
    """Whether the node stands before the parentheses of a call."""
    parent = source.parents.get(node)
    return isinstance(parent, ast.Call) and node is parent.func


def _targets(generators: Iterable[ast.comprehension]) -> Iterator[str]:
    for generator in generators:
        for part in ast.walk(generator.target):
            if isinstance(part, ast.Name):
                yield part.id


def _comprehended(node: ast.AST, child: ast.AST) -> Iterator[str]:
    """What a comprehension has bound for its element, or for one of its `for` parts."""
    generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
    place = generators.index(child) if child in generators else len(generators)
    yield from _targets(generators[:place])


def _generated(node: ast.comprehension, child: ast.AST) -> Iterator[str]:
    """What a `for` part has bound for its own conditions."""
    if child is not node.iter:
        yield from _targets([node])


@lru_cache(maxsize=512)
def _members(owner: ast.ClassDef, *, methods: bool) -> list[str]:
    """Methods of a class; or its fields, properties, and what it assigns to `self`."""
    names: dict[str, None] = {}
    for node in ast.walk(owner):
        if isinstance(node, FUNCTIONS) and node in owner.body:
            is_property = any("property" in ast.dump(line) for line in node.decorator_list)
            if is_property != methods:
                names[node.name] = None
        if methods:
            continue
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names |= dict.fromkeys([node.target.id] if node in owner.body else [])
        if isinstance(node, ast.Attribute) and _sets_self(node):
            names[node.attr] = None
    return [name for name in names if not name.startswith("__")]


def _sets_self(node: ast.Attribute) -> bool:
    base = node.value
    return isinstance(node.ctx, ast.Store) and isinstance(base, ast.Name) and base.id == "self"
