"""Wrong operators: comparisons, arithmetic, bits, signs, and swapped operands."""

import ast
from collections.abc import Iterator

from gatewright.repair.edits import ATOMS, Edit, replace, swap
from gatewright.repair.source import Source, Span

Others = tuple[tuple[str, float], ...]

COMPARISONS: dict[type[ast.cmpop], tuple[str, Others]] = {
    ast.Lt: ("<", (("<=", 1.0), (">", 0.7), (">=", 0.65), ("!=", 0.3), ("==", 0.3))),
    ast.LtE: ("<=", (("<", 1.0), (">=", 0.7), (">", 0.65), ("==", 0.4), ("!=", 0.3))),
    ast.Gt: (">", ((">=", 1.0), ("<", 0.7), ("<=", 0.65), ("!=", 0.3), ("==", 0.3))),
    ast.GtE: (">=", ((">", 1.0), ("<=", 0.7), ("<", 0.65), ("==", 0.4), ("!=", 0.3))),
    ast.Eq: ("==", (("!=", 0.75), (">=", 0.5), ("<=", 0.5), (">", 0.35), ("<", 0.35))),
    ast.NotEq: ("!=", (("==", 0.75), ("<", 0.4), (">", 0.4))),
    ast.Is: ("is", (("is not", 0.75), ("==", 0.5))),
    ast.IsNot: ("is not", (("is", 0.75), ("!=", 0.5))),
    ast.In: ("in", (("not in", 0.75), ("==", 0.2))),
    ast.NotIn: ("not in", (("in", 0.75), ("!=", 0.2))),
}
ARITHMETIC: dict[type[ast.operator], tuple[str, Others]] = {
    ast.Add: ("+", (("-", 0.8), ("*", 0.5), ("|", 0.1))),
    ast.Sub: ("-", (("+", 0.8), ("*", 0.3), ("/", 0.2), ("%", 0.2))),
    ast.Mult: ("*", (("/", 0.6), ("+", 0.5), ("**", 0.5), ("//", 0.4), ("-", 0.2))),
    ast.Div: ("/", (("//", 0.8), ("*", 0.6), ("%", 0.3), ("-", 0.2))),
    ast.FloorDiv: ("//", (("/", 0.8), ("%", 0.6), ("*", 0.4))),
    ast.Mod: ("%", (("//", 0.6), ("/", 0.4), ("*", 0.2))),
    ast.Pow: ("**", (("*", 0.7),)),
    ast.BitAnd: ("&", (("|", 0.8), ("^", 0.6))),
    ast.BitOr: ("|", (("&", 0.8), ("^", 0.6))),
    ast.BitXor: ("^", (("&", 0.8), ("|", 0.7))),
    ast.LShift: ("<<", ((">>", 0.8),)),
    ast.RShift: (">>", (("<<", 0.8),)),
}
NOT_COMMUTATIVE = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift, ast.RShift)
AUGMENTED_TO_PLAIN = 0.4
PLAIN_TO_AUGMENTED = 0.3
SIGN = 0.35
OPERANDS = 0.6


def comparisons(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another comparison."""
    if not isinstance(node, ast.Compare):
        return
    sides = [node.left, *node.comparators]
    for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
        token, others = COMPARISONS[type(operator)]
        span = source.token(source.between(left, right), token)
        if span is not None:
            yield from (replace(span, new, prior, left) for new, prior in others)


def arithmetic(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another operator, in an expression or in an assignment like `+=`."""
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        token, others = ARITHMETIC[type(node.op)]
        span = source.token(source.between(node.left, node.right), token)
        if span is None or _is_text(node.left) or _is_text(node.right):
            return
        yield from (replace(span, new, prior, node.left) for new, prior in others)
        if isinstance(node.op, NOT_COMMUTATIVE) and _atoms(node.left, node.right):
            yield swap(source, node.left, node.right, OPERANDS)
    if isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
        token, others = ARITHMETIC[type(node.op)]
        span = source.token(source.between(node.target, node.value), f"{token}=")
        if span is not None:
            yield from (replace(span, f"{new}=", prior, node.target) for new, prior in others)
            yield replace(span, "=", AUGMENTED_TO_PLAIN, node.target)


def plain_to_augmented(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`total = x` where the sum was meant."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return
    target = node.targets[0]
    loops = (ast.For, ast.AsyncFor, ast.While)
    if not isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
        return
    if isinstance(target, ast.Name) and not any(
        isinstance(up, loops) for up in source.ancestors(node)
    ):
        return
    span = source.token(source.between(target, node.value), "=")
    if span is not None:
        yield replace(span, "+=", PLAIN_TO_AUGMENTED, target)
        yield replace(span, "-=", PLAIN_TO_AUGMENTED / 2, target)


def signs(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A minus too many or too few."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Invert):
        start = source.span(node).start
        yield replace(Span(start, source.span(node.operand).start), "", SIGN, node.operand)
        return
    parent = source.parents.get(node)
    if not isinstance(node, ast.Name | ast.Attribute | ast.Call) or not _is_value(parent, node):
        return
    start = source.span(node).start
    yield replace(Span(start, start), "-", SIGN / 2, node)


def _is_value(parent: ast.AST | None, node: ast.AST) -> bool:
    """Whether the node's value is handed on: returned, assigned, passed or added."""
    if isinstance(parent, ast.Call):
        return node in parent.args
    return isinstance(parent, ast.Return | ast.Assign | ast.AugAssign) and node is parent.value


def _is_text(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        return True
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)


def _atoms(*nodes: ast.AST) -> bool:
    return all(isinstance(node, ATOMS) for node in nodes)
