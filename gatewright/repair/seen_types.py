"""Whether the types that were seen speak for or against an edit.

Pure. Types are names of classes; where nothing is known, nothing is held against an edit.
"""

import ast
from collections.abc import Mapping, Sequence

from gatewright.repair.regions import Pair

IMPOSSIBLE = 0.15
"""It would raise a TypeError wherever it was seen."""
UNLIKE = 0.5
"""A name in the place of one of another type."""
ALIKE = 1.15

Kinds = frozenset[str]
NUMBERS = frozenset({"int", "float", "bool", "complex"})
_TEXTS = frozenset({"str", "bytes"})
_UNSIZED = NUMBERS | {"NoneType"}
_KNOWN = NUMBERS | _TEXTS | {"NoneType", "list", "tuple", "dict", "set"}
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_RESULTS = {"len": "int", "str": "str", "bool": "bool", "sorted": "list", "int": "int"}
_WRITTEN: dict[type[ast.AST], str] = {
    ast.Compare: "bool",
    ast.List: "list",
    ast.ListComp: "list",
    ast.Tuple: "tuple",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.JoinedStr: "str",
}
"""What an expression is by its look alone."""
_NEEDS_SIZE = {"len", "sorted", "list", "tuple", "set", "sum", "any", "all", "iter", "enumerate"}
_AROUND = 3
"""How far above the edit its types are looked at."""


def factor(chain: Sequence[Pair], types: Mapping[str, str]) -> float:
    """What to multiply an edit's score by; `types` have several names apart by `|`."""
    if not chain:
        return 1.0
    before, after = chain[-1]
    if not isinstance(after, ast.expr):
        before, after = chain[-2] if len(chain) > 1 else chain[-1]
    around = [pair for pair in chain[-_AROUND:] if not isinstance(pair[1], ast.stmt)]
    if any(_fails(new, types) and not _fails(old, types) for old, new in around):
        return IMPOSSIBLE
    if isinstance(after, ast.expr) and _fails_within(after, types):
        return 1.0 if _fails_within(before, types) else IMPOSSIBLE
    return _likeness(before, after, types)


def _likeness(before: ast.AST, after: ast.AST, types: Mapping[str, str]) -> float:
    """Of a name and the one in its place."""
    if not (isinstance(before, ast.Name) and isinstance(after, ast.Name)):
        return 1.0
    if not isinstance(after.ctx, ast.Load):
        return 1.0
    old, new = kinds(before, types), kinds(after, types)
    if not old or not new:
        return 1.0
    if old == new:
        return ALIKE
    both_numbers = old | new <= NUMBERS
    return 1.0 if old & new or both_numbers else UNLIKE


def kinds(node: ast.AST, types: Mapping[str, str]) -> Kinds:
    """Type names that the expression may have; empty where they cannot be told."""
    found = _WRITTEN.get(type(node), "")
    match node:
        case ast.Constant():
            found = type(node.value).__name__
        case ast.Name():
            found = types.get(node.id, "")
        case ast.Attribute(value=ast.Name(id="self")):
            found = types.get(f"self.{node.attr}", "")
        case ast.UnaryOp(op=ast.Not()):
            found = "bool"
        case ast.Call(func=ast.Name(id=name)) if name not in types:
            found = _RESULTS.get(name, "")
        case ast.BinOp():
            left, right = kinds(node.left, types), kinds(node.right, types)
            return left | right if left and right and left | right <= NUMBERS else frozenset()
    return _split(found)


def _split(text: str) -> Kinds:
    return frozenset(text.split("|")) if text else frozenset()


def _fails_within(node: ast.AST, types: Mapping[str, str]) -> bool:
    return any(_fails(part, types) for part in ast.walk(node))


def _fails(node: ast.AST, types: Mapping[str, str]) -> bool:
    """Whether the node itself, with operands of these types, raises a TypeError."""
    found, bad = frozenset[str](), _UNSIZED
    match node:
        case ast.BinOp():
            return _fails_binary(node, kinds(node.left, types), kinds(node.right, types))
        case ast.Compare(ops=[op], comparators=[right]) if isinstance(op, _ORDERED):
            return _differ(kinds(node.left, types), kinds(right, types))
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[right]):
            found = kinds(right, types)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Invert()):
            found, bad = kinds(node.operand, types), _KNOWN - NUMBERS
        case ast.Subscript():
            found, bad = kinds(node.value, types), _UNSIZED | {"set"}
        case ast.Call(func=ast.Name(id=name), args=[only]) if name in _NEEDS_SIZE:
            found = kinds(only, types)
        case ast.Call(func=ast.Name()):
            found, bad = kinds(node.func, types), _KNOWN
        case ast.For():
            found = kinds(node.iter, types)
    return _only(found, bad)


def _fails_binary(node: ast.BinOp, left: Kinds, right: Kinds) -> bool:
    match node.op:
        case ast.Add():
            return _differ(left, right) or _only(left | right, _UNSIZED - NUMBERS)
        case ast.Mult():
            return _only(left, _KNOWN - NUMBERS) and _only(right, _KNOWN - NUMBERS)
        case ast.Mod():
            return not left & _TEXTS and _differ(left, right)
        case ast.BitOr() | ast.BitAnd() | ast.BitXor() | ast.Sub():
            return _differ(left, right) or _only(left, _TEXTS | {"list", "tuple"})
    return _only(left, _KNOWN - NUMBERS) or _only(right, _KNOWN - NUMBERS)


def _only(found: Kinds, bad: Kinds) -> bool:
    return bool(found) and found <= bad


def _differ(left: Kinds, right: Kinds) -> bool:
    """Whether no two of these types go together."""
    if not (left and right and left | right <= _KNOWN):
        return False
    return not left & right and not (left & NUMBERS and right & NUMBERS)
