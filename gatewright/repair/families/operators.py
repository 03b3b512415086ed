"""Wrong operators: comparisons, arithmetic, bits, signs, and swapped operands."""

import ast
from collections.abc import Iterator

from gatewright.repair.edits import ATOMS, Edit, level, replace, swap
from gatewright.repair.kinds import SEQUENCE
from gatewright.repair.scopes import known
from gatewright.repair.source import Source, Span

Others = tuple[tuple[str, float], ...]

COMPARISONS: dict[type[ast.cmpop], tuple[str, Others]] = {
    ast.Lt: ("<", (("<=", 1.0), (">", 0.7), (">=", 0.65), ("!=", 0.3), ("==", 0.3))),
    ast.LtE: ("<=", (("<", 1.0), (">=", 0.7), (">", 0.65), ("==", 0.4), ("!=", 0.3))),
    ast.Gt: (">", ((">=", 1.0), ("<", 0.7), ("<=", 0.65), ("!=", 0.3), ("==", 0.3))),
    ast.GtE: (">=", ((">", 1.0), ("<=", 0.7), ("<", 0.65), ("==", 0.4), ("!=", 0.3))),
    ast.Eq: (
        "==",
        (
            ("!=", 0.75),
            (">=", 0.5),
            ("<=", 0.5),
            (">", 0.35),
            ("<", 0.35),
            ("in", 0.2),
            ("is", 0.1),
        ),
    ),
    ast.NotEq: ("!=", (("==", 0.75), ("<", 0.4), (">", 0.4), ("not in", 0.2), ("is not", 0.1))),
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
    ast.FloorDiv: ("//", (("/", 0.8), ("%", 0.6), ("*", 0.4), ("-", 0.25), (">>", 0.1))),
    ast.Mod: ("%", (("//", 0.6), ("/", 0.4), ("*", 0.2), ("-", 0.2))),
    ast.Pow: ("**", (("*", 0.7), ("+", 0.2))),
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
SWAP_SUM = 0.4
BOTH = 0.4
PARENTHESES = 0.5


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
    if len(node.ops) == 1:
        yield from _with_next(source, node)


def _with_next(source: Source, node: ast.Compare) -> Iterator[Edit]:
    """Operator and number together: `len(x) <= 1` for `len(x) == 0`."""
    right = node.comparators[0]
    token, _ = COMPARISONS[type(node.ops[0])]
    value = right.value if isinstance(right, ast.Constant) else None
    span = source.token(source.between(node.left, right), token)
    if span is None or not isinstance(value, int) or isinstance(value, bool):
        return
    whole = Span(span.start, source.span(right).end)
    for operator, factor in (
        ("<=", 1.0),
        (">=", 1.0),
        ("==", 0.8),
        ("!=", 0.6),
        ("<", 0.6),
        (">", 0.8),
    ):
        if operator == token:
            continue
        for number in (value + 1, value - 1):
            sure = 0.7 if number < 0 <= value else 1.0
            yield replace(whole, f"{operator} {number}", BOTH * factor * sure, node)


def arithmetic(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another operator, in an expression or in an assignment like `+=`."""
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        token, others = ARITHMETIC[type(node.op)]
        span = source.token(source.between(node.left, node.right), token)
        if span is None or _is_text(node.left) or _is_text(node.right):
            return
        yield from (replace(span, new, prior, node.left) for new, prior in others)
        yield from _operands(source, node)
    if isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
        token, others = ARITHMETIC[type(node.op)]
        span = source.token(source.between(node.target, node.value), f"{token}=")
        if span is not None:
            yield from (replace(span, f"{new}=", prior, node.target) for new, prior in others)
            yield replace(span, "=", AUGMENTED_TO_PLAIN, node.target)


def _operands(source: Source, node: ast.BinOp) -> Iterator[Edit]:
    """The two sides in the place of each other, where that may matter."""
    if isinstance(node.op, NOT_COMMUTATIVE):
        if _atoms(node.left, node.right):
            yield swap(source, node.left, node.right, OPERANDS)
        return
    kind = known(source).body(node).kind(node)
    if isinstance(node.op, ast.Add) and kind & SEQUENCE and level(node.left) != level(node):
        yield swap(source, node.left, node.right, OPERANDS if kind & ~SEQUENCE == 0 else SWAP_SUM)


def precedence(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`(a + b) * c` for `a + b * c`, `not (a and b)` for `not a and b`, and back."""
    if isinstance(node, ast.BinOp) and isinstance(node.right, ast.BinOp):
        if level(node.right) > level(node) and not _closed(source, node.right):
            first, last = source.span(node.left), source.span(node.right.left)
            whole = source.data[first.start : last.end].decode()
            yield replace(Span(first.start, last.end), f"({whole})", PARENTHESES, node)
        if _closed(source, node.right):
            yield from _opened(source, node.right, PARENTHESES)
    if isinstance(node, ast.BinOp) and isinstance(node.left, ast.BinOp):
        if level(node.left) >= level(node) and not _closed(source, node.left):
            first, last = source.span(node.left.right), source.span(node.right)
            whole = source.data[first.start : last.end].decode()
            if not _closed(source, node.right):
                yield replace(Span(first.start, last.end), f"({whole})", PARENTHESES, node)
        if _closed(source, node.left):
            yield from _opened(source, node.left, PARENTHESES)
    if isinstance(node, ast.BoolOp):
        yield from _boolean(source, node)
    operand = node.operand if _is_not(node) else None  # type: ignore[attr-defined]
    if isinstance(operand, ast.BoolOp) and _closed(source, operand):
        yield from _opened(source, operand, PARENTHESES * 1.2)


def _boolean(source: Source, node: ast.BoolOp) -> Iterator[Edit]:
    first, second = node.values[0], node.values[1]
    operand = first.operand if _is_not(first) else None  # type: ignore[attr-defined]
    end = source.span(node).end
    if operand is not None and not _closed(source, first) and not _closed(source, operand):
        span = Span(source.span(operand).start, end)
        if end == source.span(node.values[-1]).end:
            whole = source.data[span.start : span.end].decode()
            yield replace(span, f"({whole})", PARENTHESES * 1.2, node)
    mixed = isinstance(node.op, ast.Or) and isinstance(second, ast.BoolOp)
    if mixed and not _closed(source, second) and not _closed(source, first):
        assert isinstance(second, ast.BoolOp)
        span = Span(source.span(first).start, source.span(second.values[0]).end)
        whole = source.data[span.start : span.end].decode()
        yield replace(span, f"({whole})", PARENTHESES, node)
    for value in node.values:
        if isinstance(value, ast.BoolOp) and _closed(source, value):
            yield from _opened(source, value, PARENTHESES)


def _is_not(node: ast.AST) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _closed(source: Source, node: ast.AST) -> bool:
    """Whether parentheses stand around a node and belong to it alone."""
    return _parentheses(source, node) is not None


def _parentheses(source: Source, node: ast.AST) -> Span | None:
    span = source.span(node)
    before, after = source.data[: span.start].rstrip(b" \t"), source.data[span.end :]
    gap = len(after) - len(after.lstrip(b" \t"))
    if not before.endswith(b"(") or not after[gap:].startswith(b")"):
        return None
    return Span(len(before) - 1, span.end + gap + 1)


def _opened(source: Source, node: ast.AST, prior: float) -> Iterator[Edit]:
    span = _parentheses(source, node)
    if span is not None:
        yield replace(span, source.text(node), prior, node)


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
