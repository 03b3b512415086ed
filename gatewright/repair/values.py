"""A small evaluator of Python expressions over known values, for code that is not to be trusted.

Pure and bounded: it knows literals of the built-in types and calls nothing but its own functions
and a few built-ins on such values. What it cannot know, or what raises, is `Unknown`; so whatever
it does answer has been evaluated without any effect.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from gatewright.repair.operations import (
    FUNCTIONS,
    IMMUTABLE,
    INDEXED,
    NUMBERS,
    Unknown,
    binary,
    bounded,
    compared,
    guarded,
    items,
)

MOST_STEPS = 400

Env = Mapping[str, Any]
"""Values by variable; `self.x` stands for an attribute."""


class Evaluator:
    """Evaluates expressions of one snapshot; `names` are built-ins that mean what they say."""

    def __init__(self, env: Env, *, builtins: frozenset[str]) -> None:
        self._env = dict(env)
        self._builtins = builtins
        self._steps = 0

    def value(self, node: ast.expr) -> Any:
        """What the expression comes to.

        Raises: Unknown.
        """
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise Unknown
        kind = _KINDS.get(type(node))
        if kind is None:
            raise Unknown
        return kind(self, node)

    def _constant(self, node: ast.Constant) -> Any:
        if type(node.value) not in IMMUTABLE:
            raise Unknown
        return node.value

    def _name(self, node: ast.Name) -> Any:
        return self._known(node.id)

    def _attribute(self, node: ast.Attribute) -> Any:
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            return self._known(f"self.{node.attr}")
        raise Unknown

    def _known(self, name: str) -> Any:
        try:
            return self._env[name]
        except KeyError:
            raise Unknown from None

    def _binary(self, node: ast.BinOp) -> Any:
        return binary(type(node.op), self.value(node.left), self.value(node.right))

    def _unary(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not value
        if type(value) not in NUMBERS or (isinstance(node.op, ast.Invert) and type(value) is float):
            raise Unknown
        return _UNARY[type(node.op)](value)

    def _boolean(self, node: ast.BoolOp) -> Any:
        value: Any = None
        for part in node.values:
            value = self.value(part)
            if bool(value) != isinstance(node.op, ast.And):
                return value
        return value

    def _compare(self, node: ast.Compare) -> Any:
        left = self.value(node.left)
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.value(comparator)
            if not compared(type(op), left, right):
                return False
            left = right
        return True

    def _conditional(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self.value(node.test) else node.orelse)

    def _tuple(self, node: ast.Tuple) -> Any:
        return tuple(self._parts(node.elts))

    def _list(self, node: ast.List) -> Any:
        return list(self._parts(node.elts))

    def _set(self, node: ast.Set) -> Any:
        return guarded(set, self._parts(node.elts))

    def _dict(self, node: ast.Dict) -> Any:
        if None in node.keys:
            raise Unknown
        pairs = [
            (self.value(key), self.value(value))
            for key, value in zip(node.keys, node.values, strict=True)
            if key is not None
        ]
        return guarded(dict, pairs)

    def _parts(self, nodes: Iterable[ast.expr]) -> list[Any]:
        parts: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                parts.extend(items(self.value(node.value)))
            else:
                parts.append(self.value(node))
        return parts

    def _subscript(self, node: ast.Subscript) -> Any:
        value = self.value(node.value)
        if isinstance(node.slice, ast.Slice):
            if type(value) not in INDEXED:
                raise Unknown
            bounds = (node.slice.lower, node.slice.upper, node.slice.step)
            parts = [None if bound is None else self.value(bound) for bound in bounds]
            return guarded(operator.getitem, value, slice(*parts))
        index = self.value(node.slice)
        if type(value) is not dict and type(value) not in INDEXED:
            raise Unknown
        return guarded(operator.getitem, value, index)

    def _call(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise Unknown
        name = node.func.id
        function = FUNCTIONS.get(name)
        if function is None or name in self._env or name not in self._builtins:
            raise Unknown
        result = guarded(function, *self._parts(node.args))
        return bounded(result)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Any:
        results = list(self._each(node.generators, node.elt))
        return guarded(set, results) if isinstance(node, ast.SetComp) else results

    def _each(self, generators: list[ast.comprehension], result: ast.expr) -> Iterator[Any]:
        if not generators:
            yield self.value(result)
            return
        first = generators[0]
        if first.is_async or not isinstance(first.target, ast.Name | ast.Tuple):
            raise Unknown
        before = self._env
        for item in items(self.value(first.iter)):
            self._env = {**before, **_bound(first.target, item)}
            if all(self.value(condition) for condition in first.ifs):
                yield from self._each(generators[1:], result)
        self._env = before


def _bound(target: ast.expr, item: Any) -> dict[str, Any]:
    if isinstance(target, ast.Name):
        return {target.id: item}
    if not isinstance(target, ast.Tuple | ast.List):
        raise Unknown
    parts = items(item)
    if len(parts) != len(target.elts):
        raise Unknown
    found: dict[str, Any] = {}
    for part, value in zip(target.elts, parts, strict=True):
        found.update(_bound(part, value))
    return found


_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
}
_KINDS: dict[type[ast.expr], Callable[[Evaluator, Any], Any]] = {
    ast.Constant: Evaluator._constant,
    ast.Name: Evaluator._name,
    ast.Attribute: Evaluator._attribute,
    ast.BinOp: Evaluator._binary,
    ast.UnaryOp: Evaluator._unary,
    ast.BoolOp: Evaluator._boolean,
    ast.Compare: Evaluator._compare,
    ast.IfExp: Evaluator._conditional,
    ast.Tuple: Evaluator._tuple,
    ast.List: Evaluator._list,
    ast.Set: Evaluator._set,
    ast.Dict: Evaluator._dict,
    ast.Subscript: Evaluator._subscript,
    ast.Call: Evaluator._call,
    ast.ListComp: Evaluator._comprehension,
    ast.SetComp: Evaluator._comprehension,
    ast.GeneratorExp: Evaluator._comprehension,
}
