"""What a family of edits proposes."""

import ast
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from gatewright.repair.source import Source, Span


class Edit(NamedTuple):
    """One replacement in one file."""

    start: int
    end: int
    new: str
    prior: float
    """How likely such an edit is to be the one, in (0, 1], against edits of other families."""
    node: ast.AST
    """What it changes: its lines say how suspicious the edit is."""


class Family(Protocol):
    """Edits of one kind of mistake."""

    def __call__(self, source: Source, node: ast.AST) -> Iterator[Edit]:
        """Edits of this node, itself and not what is in it."""
        ...


ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.List, ast.Dict)
"""Expressions that bind tighter than any operator."""

TUPLE, LAMBDA, OR, AND, NOT, COMPARE, BIT_OR, BIT_XOR, BIT_AND, SHIFT, SUM, TERM = range(12)
UNARY, POWER, AWAIT, ATOM = range(12, 16)
"""How tight an expression binds, the loosest first."""

_BINARY: dict[type[ast.operator], int] = {
    ast.BitOr: BIT_OR,
    ast.BitXor: BIT_XOR,
    ast.BitAnd: BIT_AND,
    ast.LShift: SHIFT,
    ast.RShift: SHIFT,
    ast.Add: SUM,
    ast.Sub: SUM,
    ast.Mult: TERM,
    ast.Div: TERM,
    ast.FloorDiv: TERM,
    ast.Mod: TERM,
    ast.MatMult: TERM,
    ast.Pow: POWER,
}
_LEVELS: dict[type[ast.AST], int] = {
    ast.Yield: TUPLE,
    ast.YieldFrom: TUPLE,
    ast.NamedExpr: TUPLE,
    ast.Starred: TUPLE,
    ast.Lambda: LAMBDA,
    ast.IfExp: LAMBDA,
    ast.Compare: COMPARE,
    ast.Await: AWAIT,
}
_ROOMS: dict[type, int] = {
    ast.Compare: BIT_OR,
    ast.Starred: BIT_OR,
    ast.comprehension: OR,
}
_TIGHT: dict[type, str] = {
    ast.Attribute: "value",
    ast.Await: "value",
    ast.Subscript: "value",
    ast.Call: "func",
}
"""The part that must be an atom."""


def replace(span: Span, new: str, prior: float, node: ast.AST) -> Edit:
    """Put other text in a span."""
    return Edit(span.start, span.end, new, prior, node)


def swap(source: Source, left: ast.AST, right: ast.AST, prior: float) -> Edit:
    """Exchange two nodes and leave what stands between them."""
    first, second = source.span(left), source.span(right)
    gap = source.data[first.end : second.start].decode()
    new = f"{source.text(right)}{gap}{source.text(left)}"
    return Edit(first.start, second.end, new, prior, left)


def grouped(source: Source, node: ast.AST) -> str:
    """The node's text, in parentheses where an operator beside it might tear it apart."""
    text = source.text(node)
    return text if isinstance(node, ATOMS) else f"({text})"


def level(node: ast.AST) -> int:
    """How tight an expression binds."""
    if isinstance(node, ast.BinOp):
        return _BINARY[type(node.op)]
    if isinstance(node, ast.BoolOp):
        return OR if isinstance(node.op, ast.Or) else AND
    if isinstance(node, ast.UnaryOp):
        return NOT if isinstance(node.op, ast.Not) else UNARY
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return UNARY  # `1.real` is no attribute
    return _LEVELS.get(type(node), ATOM)


def room(source: Source, node: ast.AST) -> int:
    """How tight an expression in the place of a node must bind to need no parentheses."""
    parent = source.parents.get(node)
    if isinstance(parent, ast.BinOp):
        return _beside(parent, node)
    if isinstance(parent, ast.BoolOp):
        return NOT if isinstance(parent.op, ast.And) else AND
    if isinstance(parent, ast.UnaryOp):
        return NOT if isinstance(parent.op, ast.Not) else UNARY
    if isinstance(parent, ast.IfExp) and node is not parent.orelse:
        return OR
    inner = getattr(parent, _TIGHT.get(type(parent), ""), None)
    return ATOM if inner is node else _ROOMS.get(type(parent), LAMBDA)


def _beside(parent: ast.BinOp, node: ast.AST) -> int:
    own = _BINARY[type(parent.op)]
    if isinstance(parent.op, ast.Pow):
        return AWAIT if node is parent.left else UNARY
    return own if node is parent.left else own + 1


def put(source: Source, node: ast.AST, text: str, binds: int, prior: float) -> Edit:
    """Put an expression in the place of a node, in parentheses where it needs them."""
    new = f"({text})" if binds < room(source, node) else text
    return replace(source.span(node), new, prior, node)


def tight(source: Source, node: ast.AST, least: int) -> str:
    """A node's text, in parentheses if it binds looser than `least`."""
    text = source.text(node)
    return text if level(node) >= least and not isinstance(node, ast.Tuple) else f"({text})"


def insert_before(source: Source, statement: ast.stmt, lines: str, prior: float) -> Edit | None:
    """Put lines (parted by `\\n`, indented by `\\t` a level) before a statement, as deep as it is.

    None where the statement does not begin its line.
    """
    indent = source.indent(statement)
    if indent is None or getattr(statement, "decorator_list", None):
        return None
    start = source.span(statement).start
    if source.data.startswith(b"elif", start):
        return None
    text = _laid_out(source, lines, indent)
    return Edit(start, start, f"{text}{source.newline}{indent}", prior, statement)


def insert_after(
    source: Source, statement: ast.stmt, lines: str, prior: float, *, like: ast.stmt | None = None
) -> Edit | None:
    """Put lines after a statement, as deep as it is or as another, `like`, is."""
    indent = source.indent(like or statement)
    end = source.span(statement).end
    stop = source.line_end(end)
    rest = source.data[end:stop].strip()
    if indent is None or (rest and not rest.startswith(b"#")):
        return None
    text = _laid_out(source, lines, indent)
    return Edit(stop, stop, f"{source.newline}{indent}{text}", prior, statement)


def _laid_out(source: Source, lines: str, indent: str) -> str:
    step = source.indent_step
    first, *rest = lines.split("\n")
    laid = [first]
    for line in rest:
        bare = line.lstrip("\t")
        laid.append(f"{indent}{step * (len(line) - len(bare))}{bare}")
    return source.newline.join(laid)
