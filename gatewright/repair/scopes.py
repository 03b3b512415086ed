"""Which names a place in a file could have meant."""

import ast
from collections.abc import Iterator
from functools import cached_property

from gatewright.repair.source import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Scopes:
    """The names of one file by scope, each list in the order of the text."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[ast.AST, list[str]] = {}

    def variables(self, node: ast.AST) -> list[str]:
        """Parameters and variables of the functions and comprehensions around a node."""
        names: dict[str, None] = {}
        for up in self._source.ancestors(node):
            if isinstance(up, (*_FUNCTIONS, *_COMPREHENSIONS)):
                names.update(dict.fromkeys(self._bound(up)))
        return list(names)

    @cached_property
    def constants(self) -> list[str]:
        """Names in capitals that the module assigns or imports."""
        return [name for name in self._module if name.isupper()]

    @cached_property
    def callables(self) -> list[str]:
        """Functions and classes of the module, and what it imports and calls."""
        defined = [
            node.name
            for node in self._source.tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        ]
        called = {
            node.func.id
            for node in ast.walk(self._source.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        return [name for name in self._module if name in called or name in defined]

    def attributes(self, node: ast.Attribute) -> list[str]:
        """Attributes that the same object seems to have."""
        called = is_called(self._source, node)
        base = ast.dump(node.value)
        names: dict[str, None] = {}
        for owner in self._owners(node):
            names.update(dict.fromkeys(_members(owner, methods=called)))
        for other in self._attributes:
            if ast.dump(other.value) == base and is_called(self._source, other) == called:
                names[other.attr] = None
        return list(names)

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
    def _attributes(self) -> list[ast.Attribute]:
        return [node for node in ast.walk(self._source.tree) if isinstance(node, ast.Attribute)]

    @cached_property
    def _module(self) -> list[str]:
        return list(dict.fromkeys(_names(self._source.tree)))

    def _bound(self, scope: ast.AST) -> list[str]:
        if scope not in self._known:
            self._known[scope] = list(dict.fromkeys(_names(scope)))
        return self._known[scope]


def is_called(source: Source, node: ast.AST) -> bool:
    """Whether the node stands before the parentheses of a call."""
    parent = source.parents.get(node)
    return isinstance(parent, ast.Call) and node is parent.func


def _names(scope: ast.AST) -> Iterator[str]:
    """Names that are bound in a scope and not in one within it."""
    if isinstance(scope, _FUNCTIONS):
        arguments = scope.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
        yield from (argument.arg for argument in every)
    for child in ast.iter_child_nodes(scope):
        yield from _bindings(child)


def _bindings(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    if isinstance(node, (ast.Lambda, *_COMPREHENSIONS)):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    if isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    if isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
    for child in ast.iter_child_nodes(node):
        yield from _bindings(child)


def _members(owner: ast.ClassDef, *, methods: bool) -> list[str]:
    """Methods of a class; or its fields, properties, and what it assigns to `self`."""
    names: dict[str, None] = {}
    for node in ast.walk(owner):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node in owner.body:
            is_property = any("property" in ast.dump(line) for line in node.decorator_list)
            if is_property != methods:
                names[node.name] = None
        if methods:
            continue
        if isinstance(node, ast.AnnAssign) and node in owner.body:
            names.update(dict.fromkeys(_bindings(node.target)))
        if isinstance(node, ast.Attribute) and _sets_self(node):
            names[node.attr] = None
    return [name for name in names if not name.startswith("__")]


def _sets_self(node: ast.Attribute) -> bool:
    base = node.value
    return isinstance(node.ctx, ast.Store) and isinstance(base, ast.Name) and base.id == "self"
