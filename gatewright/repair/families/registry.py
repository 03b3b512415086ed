"""All families, by the kind of node that they edit."""

import ast
from typing import NamedTuple

from gatewright.repair.edits import Family
from gatewright.repair.families import (
    arguments,
    atoms,
    calls,
    conditions,
    definitions,
    donors,
    guards,
    inserts,
    loops,
    names,
    numbers,
    operators,
    returns,
    statements,
    targets,
    wraps,
)


class Named(NamedTuple):
    """A family and the name that people see."""

    name: str
    family: Family


FAMILIES: tuple[tuple[str, tuple[Family, ...], tuple[type[ast.AST], ...]], ...] = (
    ("comparison", (operators.comparisons,), (ast.Compare,)),
    ("arithmetic", (operators.arithmetic,), (ast.BinOp, ast.AugAssign)),
    ("arithmetic", (operators.plain_to_augmented,), (ast.Assign,)),
    ("parentheses", (operators.precedence,), (ast.BinOp, ast.BoolOp, ast.UnaryOp)),
    ("sign", (operators.signs,), (ast.UnaryOp, ast.Name, ast.Attribute, ast.Call)),
    ("connective", (conditions.connectives,), (ast.BoolOp,)),
    ("negation", (conditions.negations,), (ast.expr,)),
    ("exit", (conditions.exits,), (ast.Break, ast.Continue)),
    ("condition", (atoms.strengthened, atoms.replaced), (ast.expr,)),
    ("guard", (guards.guards, guards.skips), (ast.stmt,)),
    ("constant", (numbers.constants,), (ast.Constant, ast.UnaryOp)),
    (
        "off by one",
        (numbers.bounds,),
        (ast.Slice, ast.BinOp, ast.Name, ast.Attribute, ast.Call, ast.Subscript),
    ),
    ("twin", (names.twins,), (ast.Name, ast.Attribute)),
    ("name", (names.names, names.members), (ast.Name,)),
    ("attribute", (names.attributes, names.calls), (ast.Attribute,)),
    ("swap", (arguments.arguments, arguments.tuples, arguments.branches), (ast.expr,)),
    ("argument", (calls.missing, calls.surplus), (ast.Call,)),
    ("recursion", (calls.recursion, calls.callees), (ast.expr,)),
    ("loop", (loops.iterated, loops.ranges), (ast.expr,)),
    ("loop", (loops.whiles,), (ast.While, ast.If)),
    ("return", (returns.returns,), (ast.Return,)),
    ("donor", (donors.donors,), (ast.expr,)),
    ("subscript", (donors.subscripts,), (ast.Subscript,)),
    ("wrap", (wraps.wraps, wraps.extremes, wraps.concatenations), (ast.expr,)),
    ("unwrap", (wraps.unwraps,), (ast.expr,)),
    ("term", (wraps.terms,), (ast.expr,)),
    ("copy", (wraps.copies,), (ast.Name, ast.Attribute, ast.Subscript)),
    ("target", (targets.assigned, targets.called, targets.augmented), (ast.stmt,)),
    ("move", (statements.moves,), (ast.stmt,)),
    ("insert", (inserts.inserted,), (ast.stmt,)),
    ("definition", (definitions.decorators,), (ast.FunctionDef, ast.AsyncFunctionDef)),
    ("default", (definitions.defaults,), (ast.expr,)),
    ("await", (definitions.awaits,), (ast.Await, ast.Call)),
    ("yield", (definitions.yields,), (ast.Yield, ast.YieldFrom, ast.Return, ast.Expr)),
    ("exception", (definitions.handlers,), (ast.ExceptHandler,)),
    ("exception", (definitions.raises,), (ast.Name,)),
)
"""Name, what proposes edits, and the nodes that it is asked about."""


def _by_node() -> dict[type[ast.AST], tuple[Named, ...]]:
    every: dict[type[ast.AST], list[Named]] = {}
    for name, families, bases in FAMILIES:
        for base in bases:
            for kind in (base, *_below(base)):
                every.setdefault(kind, []).extend(Named(name, family) for family in families)
    return {kind: tuple(dict.fromkeys(found)) for kind, found in every.items()}


def _below(base: type[ast.AST]) -> list[type[ast.AST]]:
    if base not in (ast.expr, ast.stmt):
        return []
    return [kind for kind in base.__subclasses__() if kind.__module__ in ("ast", "_ast")]


KINDS = _by_node()
"""What may be asked about a node, by its type."""
