"""How natural a patch looks, beside what it does.

Patches that only please the tests at hand tend to delete, to switch off, to compare with a
constant of the tests, or to leave a parameter without a use. Repairs tend to be small, to keep
what is there, and to give an unused name its use. Pure.
"""

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from gatewright.repair.patch import Patch
from gatewright.repair.source import parse

USUAL = frozenset(map(repr, (0, 1, -1, 2, "", None, True, False)))
"""Constants that may turn up anywhere."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Traits(NamedTuple):
    """What there is to say of a patch's text; counts of what it adds, unless said otherwise."""

    nodes: int
    """Of the syntax tree, added and removed; a change of order counts as two."""
    lost: int
    """Statements fewer than before."""
    gained: int
    """Statements more than before."""
    odd: int
    """Constants that the file does not have and that are not usual anywhere."""
    special: int
    """Comparisons with a constant that the tests give as an input, or other odd ones."""
    switched: int
    """Conditions that are constant."""
    idle: int
    """Operations of something with itself."""
    used: int
    """Names that had no use and have one; below 0, names that lost theirs."""
    rolling: int
    """Assignments more that go on from their target's own value, as `best = max(best, x)`."""
    plainer: int
    """How much nearer to 0 and 1 its whole numbers are, in steps of what is usual."""


def traits(patch: Patch, files: Mapping[str, bytes], given: Collection[str] = ()) -> Traits:
    """Of all its files together; `given` are constants that the tests use, as Python writes them.

    Raises: SyntaxError, ValueError, RecursionError for what does not parse.
    """
    totals = [0] * len(Traits._fields)
    for path, after in patch.applied(files).items():
        each = _of_trees(parse(files[path]), parse(after), frozenset(given))
        totals = [total + count for total, count in zip(totals, each, strict=True)]
    return Traits(*totals)


def _of_trees(before: ast.Module, after: ast.Module, given: frozenset[str]) -> Traits:
    old, new = _labels(before), _labels(after)
    added, removed = new - old, old - new
    statements = _count(after, ast.stmt) - _count(before, ast.stmt)
    constants = {label[1:] for label in old if label.startswith("=")}
    odd = {label[1:] for label in added if label.startswith("=")} - constants - USUAL
    compared = Counter(_compared(after)) - Counter(_compared(before))
    return Traits(
        nodes=max(2, added.total() + removed.total()),
        lost=max(0, -statements),
        gained=max(0, statements),
        odd=len(odd),
        special=sum(compared[text] for text in compared if text in odd | (given - USUAL)),
        switched=max(0, _switched(after) - _switched(before)),
        idle=max(0, _idle(after) - _idle(before)),
        used=_unused(before) - _unused(after),
        rolling=_rolling(after) - _rolling(before),
        plainer=sum(removed[t] * _oddness(t) for t in removed)
        - sum(added[t] * _oddness(t) for t in added),
    )


def _labels(tree: ast.AST) -> Counter[str]:
    return Counter(label for node in ast.walk(tree) if (label := _label(node)))


def _label(node: ast.AST) -> str:
    if isinstance(node, ast.expr_context):
        return ""
    if isinstance(node, ast.Constant):
        return f"={node.value!r}"
    if isinstance(node, ast.Name):
        return f"name {node.id}"
    if isinstance(node, ast.Attribute):
        return f"attribute {node.attr}"
    return type(node).__name__


def _oddness(label: str) -> int:
    """Of a whole number: 0 and 1 are the plainest."""
    if not label.removeprefix("=").isdigit():
        return 0
    return min(2, max(0, int(label.removeprefix("=")) - 1))


def _count(tree: ast.AST, kind: type[ast.AST]) -> int:
    """Not counting what does nothing."""
    idle = (ast.Pass, ast.Expr)
    return sum(
        isinstance(node, kind) and not (isinstance(node, idle) and _is_idle(node))
        for node in ast.walk(tree)
    )


def _is_idle(node: ast.AST) -> bool:
    return isinstance(node, ast.Pass) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def _compared(tree: ast.AST) -> Iterator[str]:
    """Constants that something is compared with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                if isinstance(side, ast.Constant):
                    yield repr(side.value)


def _switched(tree: ast.AST) -> int:
    """Conditions, or parts of them, that are constant; `while True` is a usual one."""
    found = 0
    for node in ast.walk(tree):
        tests: list[ast.expr] = []
        if isinstance(node, ast.If | ast.IfExp | ast.Assert):
            tests = [node.test]
        if isinstance(node, ast.While) and not _is_true(node.test):
            tests = [node.test]
        if isinstance(node, ast.BoolOp):
            tests = node.values
        if isinstance(node, ast.comprehension):
            tests = node.ifs
        found += sum(isinstance(_bare(test), ast.Constant) for test in tests)
    return found


def _bare(test: ast.expr) -> ast.expr:
    return test.operand if isinstance(test, ast.UnaryOp) else test


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and test.value is True


def _idle(tree: ast.AST) -> int:
    found = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp | ast.AugAssign) and not isinstance(node.op, ast.Mult):
            sides = (
                (node.left, node.right)
                if isinstance(node, ast.BinOp)
                else (node.target, node.value)
            )
            found += _plain(sides[0]) == _plain(sides[1]) and not isinstance(node.op, ast.Add)
        if isinstance(node, ast.Compare) and len(node.comparators) == 1:
            found += _plain(node.left) == _plain(node.comparators[0])
        if isinstance(node, ast.BoolOp):
            found += len(node.values) - len({_plain(value) for value in node.values})
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            found += _plain(node.targets[0]) == _plain(node.value)
    return found


def _rolling(tree: ast.AST) -> int:
    found = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.AugAssign):
            found += 1
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = _plain(node.targets[0])
            found += target in {_plain(each) for each in ast.walk(node.value)}
    return found


def _plain(node: ast.AST) -> str:
    return ast.dump(node).replace("ctx=Store()", "ctx=Load()")


def _unused(tree: ast.AST) -> int:
    """Parameters and variables of functions that nothing reads."""
    found = 0
    for node in ast.walk(tree):
        if isinstance(node, _FUNCTIONS):
            names = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
            read = {each.id for each in names if not isinstance(each.ctx, ast.Store)}
            bound = {each.id for each in names if isinstance(each.ctx, ast.Store)}
            bound |= {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
            found += len({name for name in bound - read if not name.startswith("_")})
    return found
