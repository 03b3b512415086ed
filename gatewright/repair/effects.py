"""What a few statements do to known variables, without running them.

Pure. Loops, calls that are not known to have no effect, and whatever else may do something unseen
are `Unknown`.
"""

import ast
from collections.abc import Sequence
from typing import Any, NamedTuple

from gatewright.repair.operations import IMMUTABLE, Unknown, binary, same
from gatewright.repair.values import Env, Evaluator


class Effect(NamedTuple):
    """What came of statements."""

    control: str
    """`next`, `return`, `break` or `continue`."""
    value: Any
    """What is returned."""
    variables: dict[str, Any]
    stored: tuple[tuple[str, Any, Any], ...]
    """What was put into objects: where, under which index, and what; in order."""


def effect(statements: Sequence[ast.stmt], env: Env, *, builtins: frozenset[str]) -> Effect:
    """Follow the statements from a snapshot.

    Raises: Unknown.
    """
    run = _Run(env, builtins)
    control, value = run.all(statements)
    return Effect(control, value, run.variables, tuple(run.stored))


def alike(left: Effect, right: Effect) -> bool:
    """Whether nothing that comes after could tell the two apart."""
    if left.control != right.control or not _same(left.value, right.value):
        return False
    if left.variables.keys() != right.variables.keys() or len(left.stored) != len(right.stored):
        return False
    values = all(_same(value, right.variables[name]) for name, value in left.variables.items())
    pairs = zip(left.stored, right.stored, strict=True)
    return values and all(
        one[0] == other[0] and _same(one[1], other[1]) and _same(one[2], other[2])
        for one, other in pairs
    )


def _same(left: Any, right: Any) -> bool:
    return left is right or same(left, right)


_PLAIN: dict[type[ast.stmt], str] = {
    ast.Pass: "next",
    ast.Break: "break",
    ast.Continue: "continue",
}


class _Run:
    def __init__(self, env: Env, builtins: frozenset[str]) -> None:
        self.variables = dict(env)
        self.stored: list[tuple[str, Any, Any]] = []
        self._builtins = builtins

    def all(self, statements: Sequence[ast.stmt]) -> tuple[str, Any]:
        for statement in statements:
            control, value = self._one(statement)
            if control != "next":
                return control, value
        return "next", None

    def _value(self, node: ast.expr) -> Any:
        return Evaluator(self.variables, builtins=self._builtins).value(node)

    def _one(self, node: ast.stmt) -> tuple[str, Any]:
        match node:
            case ast.Pass() | ast.Break() | ast.Continue():
                return _PLAIN[type(node)], None
            case ast.Return():
                return "return", None if node.value is None else self._value(node.value)
            case ast.If():
                return self.all(node.body if self._value(node.test) else node.orelse)
            case ast.Expr():
                self._value(node.value)
            case ast.Assert():
                if not self._value(node.test):
                    raise Unknown
            case ast.Assign():
                value = self._value(node.value)
                for target in node.targets:
                    self._store(target, value)
            case ast.AugAssign():
                old = self._value(_as_load(node.target))
                if type(old) not in (*IMMUTABLE, tuple):
                    raise Unknown  # changes the object itself
                self._store(node.target, binary(type(node.op), old, self._value(node.value)))
            case _:
                raise Unknown
        return "next", None

    def _store(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name():
                self.variables[target.id] = value
            case ast.Tuple() | ast.List() if type(value) in (tuple, list):
                if len(value) != len(target.elts):
                    raise Unknown
                for part, item in zip(target.elts, value, strict=True):
                    self._store(part, item)
            case ast.Subscript(value=ast.Name() | ast.Attribute(), slice=index):
                self._put(ast.dump(target.value), self._value(index), value)
            case ast.Attribute(value=ast.Name(id="self")):
                name = f"self.{target.attr}"
                if name not in self.variables:
                    raise Unknown  # a property, perhaps
                self.variables[name] = value
                self.stored.append((name, None, value))
            case _:
                raise Unknown

    def _put(self, where: str, index: Any, value: Any) -> None:
        self.stored.append((where, index, value))
        # Which of the names stand for the object that has changed cannot be told.
        kept = {n: v for n, v in self.variables.items() if type(v) in IMMUTABLE}
        self.variables = kept


def _as_load(target: ast.Name | ast.Attribute | ast.Subscript) -> ast.expr:
    """The evaluator does not look at contexts."""
    return target
