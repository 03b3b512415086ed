"""What a name seems to hold, from how its function uses it.

A kind is a set of bits: what it may be. Evidence takes bits away; evidence that leaves none is
evidence of a bug or of a name with two uses, and counts for nothing.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import cast

Kind = int
NUMBER, TEXT, LIST, TUPLE, SET, DICT, FUNCTION, OBJECT, NONE, BOOL, ITERATOR = (
    1 << n for n in range(11)
)
ANY: Kind = (1 << 11) - 1
SEQUENCE: Kind = TEXT | LIST | TUPLE
SIZED: Kind = SEQUENCE | SET | DICT
ITERABLE: Kind = SIZED | ITERATOR | OBJECT
HASHABLE: Kind = NUMBER | TEXT | TUPLE | OBJECT | NONE | BOOL | FUNCTION
ORDERED: Kind = NUMBER | SEQUENCE | SET | OBJECT | BOOL
TRUTH: Kind = SIZED | BOOL | NUMBER | OBJECT | NONE

CALLS: dict[str, Kind] = {
    **dict.fromkeys(("len", "sum", "abs", "int", "float", "round", "ord", "pow", "hash"), NUMBER),
    **dict.fromkeys(("str", "chr", "repr", "input", "bin", "hex", "format"), TEXT),
    **dict.fromkeys(("list", "sorted", "dir"), LIST),
    **dict.fromkeys(("set", "frozenset"), SET),
    **dict.fromkeys(("dict", "defaultdict", "Counter", "OrderedDict", "vars"), DICT),
    **dict.fromkeys(("bool", "any", "all", "isinstance", "callable", "hasattr"), BOOL),
    **dict.fromkeys(("enumerate", "zip", "map", "filter", "reversed", "iter"), ITERATOR),
    "tuple": TUPLE,
    "divmod": TUPLE,
    "range": LIST | ITERATOR,
    "deque": LIST,
}
METHODS: dict[str, Kind] = {
    **dict.fromkeys(("split", "splitlines", "rsplit"), LIST),
    **dict.fromkeys(("join", "lower", "upper", "strip", "lstrip", "rstrip", "replace"), TEXT),
    **dict.fromkeys(("format", "title", "capitalize", "zfill", "ljust", "rjust"), TEXT),
    **dict.fromkeys(("index", "find", "count", "rfind", "bit_length"), NUMBER),
    **dict.fromkeys(("startswith", "endswith", "isdigit", "isalpha", "issubset"), BOOL),
    **dict.fromkeys(("append", "extend", "add", "update", "sort", "insert", "clear"), NONE),
    **dict.fromkeys(("items", "keys", "values"), ITERATOR),
    **dict.fromkeys(("union", "intersection", "difference"), SET),
}
OWNERS: dict[str, Kind] = {
    **dict.fromkeys(("append", "extend", "insert", "sort", "reverse", "appendleft"), LIST | OBJECT),
    **dict.fromkeys(("popleft",), LIST | OBJECT),
    **dict.fromkeys(("add", "discard", "union", "issubset", "difference"), SET | OBJECT),
    **dict.fromkeys(("issuperset", "intersection"), SET | OBJECT),
    **dict.fromkeys(("items", "keys", "values", "get", "setdefault", "popitem"), DICT | OBJECT),
    **dict.fromkeys(("split", "lower", "upper", "strip", "startswith", "join"), TEXT | OBJECT),
    **dict.fromkeys(("endswith", "isdigit", "isalpha", "isalnum", "replace"), TEXT | OBJECT),
    "update": SET | DICT | OBJECT,
    "remove": LIST | SET | OBJECT,
    "pop": LIST | SET | DICT | OBJECT,
    "copy": LIST | SET | DICT | OBJECT,
    "index": SEQUENCE | OBJECT,
    "count": SEQUENCE | OBJECT,
}
ANNOTATIONS: dict[str, Kind] = {
    **dict.fromkeys(("int", "float", "complex"), NUMBER),
    "str": TEXT,
    **dict.fromkeys(("list", "List", "deque"), LIST),
    **dict.fromkeys(("Sequence",), SEQUENCE),
    **dict.fromkeys(("set", "frozenset", "Set"), SET),
    **dict.fromkeys(("dict", "Dict", "Mapping"), DICT),
    **dict.fromkeys(("tuple", "Tuple"), TUPLE),
    "bool": BOOL,
    "Callable": FUNCTION,
}
_CONSTANTS: dict[type, Kind] = {
    bool: BOOL,
    int: NUMBER,
    float: NUMBER,
    complex: NUMBER,
    str: TEXT,
    bytes: TEXT,
    type(None): NONE,
}
_DISPLAYS: dict[type[ast.AST], Kind] = {
    ast.List: LIST,
    ast.ListComp: LIST,
    ast.Tuple: TUPLE,
    ast.Set: SET,
    ast.SetComp: SET,
    ast.Dict: DICT,
    ast.DictComp: DICT,
    ast.GeneratorExp: ITERATOR,
    ast.Lambda: FUNCTION,
    ast.JoinedStr: TEXT,
    ast.Compare: BOOL,
}
_NUMERIC = (ast.Div, ast.FloorDiv, ast.Pow, ast.LShift, ast.RShift)
_PASSES = 3
"""What one name is tells of others that it is compared with or added to."""

Kinds = Mapping[str, Kind]


def kind_of(node: ast.AST, known: Kinds) -> Kind:
    """What an expression may give."""
    rule = _KINDS.get(type(node))
    return _DISPLAYS.get(type(node), ANY) if rule is None else rule(node, known)


def kinds(function: ast.AST) -> dict[str, Kind]:
    """What the names in a function may be."""
    known: dict[str, Kind] = {}
    assigned: dict[str, Kind] = {}
    nodes = list(ast.walk(function))
    for node in nodes:
        if isinstance(node, ast.arg) and node.annotation is not None:
            _narrow(known, node.annotation, ANY, name=node.arg, annotation=node.annotation)
    for _ in range(_PASSES):
        for node in nodes:
            _evidence(node, known)
        assigned = _assigned(nodes, known)
        for name, kind in assigned.items():
            if kind != NONE:  # else a placeholder: it will hold something
                known[name] = known.get(name, ANY) & kind or ANY
    return known


def _binary(node: ast.BinOp, known: Kinds) -> Kind:
    if isinstance(node.op, _NUMERIC):
        return NUMBER | OBJECT
    left, right = kind_of(node.left, known), kind_of(node.right, known)
    if isinstance(node.op, ast.Add):
        return left & right & (NUMBER | SEQUENCE | OBJECT) or NUMBER | SEQUENCE
    if isinstance(node.op, ast.Mult):
        if left == NUMBER == right:
            return NUMBER
        return (left | right) & (NUMBER | SEQUENCE | OBJECT) or NUMBER
    if isinstance(node.op, ast.Mod):
        return TEXT if left == TEXT else NUMBER
    return left & right & (NUMBER | SET | DICT | OBJECT) or NUMBER


def _call(node: ast.Call, known: Kinds) -> Kind:
    func = node.func
    if isinstance(func, ast.Name):
        if func.id in ("max", "min") and len(node.args) > 1:
            return _common(node.args, known)
        return CALLS.get(func.id, ANY)
    if isinstance(func, ast.Attribute):
        if func.attr == "copy":
            return kind_of(func.value, known)
        return METHODS.get(func.attr, ANY)
    return ANY


def _union(nodes: Iterable[ast.expr], known: Kinds) -> Kind:
    kind = 0
    for node in nodes:
        kind |= kind_of(node, known)
    return kind


def _common(nodes: Iterable[ast.expr], known: Kinds) -> Kind:
    kind = ANY
    for node in nodes:
        kind &= kind_of(node, known)
    return kind or ANY


def _narrow(
    known: dict[str, Kind],
    node: ast.AST,
    kind: Kind,
    *,
    name: str = "",
    annotation: ast.expr | None = None,
) -> None:
    if annotation is not None:
        base = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        kind = ANNOTATIONS.get(getattr(base, "id", ""), ANY)
    elif isinstance(node, ast.Name):
        name = node.id
    if name and kind != ANY:
        known[name] = known.get(name, ANY) & kind or ANY


def _evidence(node: ast.AST, known: dict[str, Kind]) -> None:
    rule = _RULES.get(type(node))
    if rule is not None:
        rule(node, known)


def _of_subscript(node: ast.Subscript, known: dict[str, Kind]) -> None:
    if isinstance(node.slice, ast.Slice):
        _narrow(known, node.value, SEQUENCE | OBJECT)
        for bound in (node.slice.lower, node.slice.upper):
            if bound is not None:
                _narrow(known, bound, NUMBER)
        return
    _narrow(known, node.value, SEQUENCE | DICT | OBJECT)
    if kind_of(node.value, known) & ~(LIST | TUPLE | TEXT) == 0:
        _narrow(known, node.slice, NUMBER)
    _narrow(known, node.slice, HASHABLE)


def _of_attribute(node: ast.Attribute, known: dict[str, Kind]) -> None:
    _narrow(known, node.value, OWNERS.get(node.attr, OBJECT))


def _of_call(node: ast.Call, known: dict[str, Kind]) -> None:
    _narrow(known, node.func, FUNCTION)
    name = getattr(node.func, "id", "")
    wants = {"len": SIZED | OBJECT, "range": NUMBER, "abs": NUMBER, "chr": NUMBER}
    wants |= dict.fromkeys(("enumerate", "sorted", "sum", "any", "all", "reversed"), ITERABLE)
    for argument in node.args:
        _narrow(known, argument, wants.get(name, ANY))


def _of_compare(node: ast.Compare, known: dict[str, Kind]) -> None:
    sides = [node.left, *node.comparators]
    for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
        if isinstance(operator, ast.In | ast.NotIn):
            _narrow(known, right, ITERABLE)
        elif isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
            for one, other in ((left, right), (right, left)):
                kind = kind_of(other, known)
                _narrow(known, one, NUMBER if kind == NUMBER else kind & ORDERED or ORDERED)


def _of_binary(node: ast.BinOp | ast.AugAssign, known: dict[str, Kind]) -> None:
    aug = isinstance(node, ast.AugAssign)
    sides = (node.target, node.value) if aug else (node.left, node.right)  # type: ignore[union-attr]
    for one, other in (sides, sides[::-1]):
        kind = kind_of(other, known)
        if isinstance(node.op, _NUMERIC):
            _narrow(known, one, NUMBER)
        elif isinstance(node.op, ast.Sub):
            _narrow(known, one, NUMBER | SET | OBJECT)
        elif isinstance(node.op, ast.Add):
            allowed = NUMBER | SEQUENCE | OBJECT
            _narrow(known, one, kind & allowed or allowed)
        elif isinstance(node.op, ast.Mod):
            _narrow(known, one, NUMBER | TEXT if one is sides[0] else ANY)
        elif isinstance(node.op, ast.Mult):
            _narrow(known, one, NUMBER | SEQUENCE | OBJECT)
        else:
            _narrow(known, one, NUMBER | SET | DICT | OBJECT | BOOL)


def _of_for(node: ast.For | ast.comprehension, known: dict[str, Kind]) -> None:
    _narrow(known, node.iter, ITERABLE)


def _unary(node: ast.UnaryOp, _: Kinds) -> Kind:
    return BOOL if isinstance(node.op, ast.Not) else NUMBER


def _subscript(node: ast.Subscript, known: Kinds) -> Kind:
    base = kind_of(node.value, known)
    if isinstance(node.slice, ast.Slice):
        return base & (SEQUENCE | OBJECT) or ANY
    return TEXT if base == TEXT else ANY


_KINDS = cast(
    dict[type[ast.AST], Callable[[ast.AST, Kinds], Kind]],
    {
        ast.Constant: lambda node, _: _CONSTANTS.get(type(node.value), ANY),
        ast.Name: lambda node, known: known.get(node.id, ANY),
        ast.BinOp: _binary,
        ast.UnaryOp: _unary,
        ast.BoolOp: lambda node, known: _union(node.values, known),
        ast.IfExp: lambda node, known: _union([node.body, node.orelse], known),
        ast.Call: _call,
        ast.Subscript: _subscript,
    },
)
_RULES = cast(
    dict[type[ast.AST], Callable[[ast.AST, dict[str, Kind]], None]],
    {
        ast.Subscript: _of_subscript,
        ast.Attribute: _of_attribute,
        ast.Call: _of_call,
        ast.Compare: _of_compare,
        ast.BinOp: _of_binary,
        ast.AugAssign: _of_binary,
        ast.For: _of_for,
        ast.comprehension: _of_for,
    },
)


def _assigned(nodes: Iterable[ast.AST], known: Kinds) -> dict[str, Kind]:
    """The union of what each name is assigned."""
    found: dict[str, Kind] = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                _bind(target, kind_of(node.value, known), node.value, found, known)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            _bind(node.target, kind_of(node.value, known), node.value, found, known)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            _bind_loop(node.target, node.iter, found, known)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                if item.optional_vars is not None:
                    _bind(item.optional_vars, ANY, None, found, known)
    return found


def _bind(
    target: ast.AST, kind: Kind, value: ast.expr | None, found: dict[str, Kind], known: Kinds
) -> None:
    if isinstance(target, ast.Name):
        found[target.id] = found.get(target.id, 0) | kind
    elif isinstance(target, ast.Tuple | ast.List):
        values: list[ast.expr] | None = getattr(value, "elts", None)
        for place, part in enumerate(target.elts):
            one = values[place] if values and len(values) == len(target.elts) else None
            _bind(part, ANY if one is None else kind_of(one, known), one, found, known)


def _bind_loop(target: ast.expr, iterated: ast.expr, found: dict[str, Kind], known: Kinds) -> None:
    name = getattr(getattr(iterated, "func", None), "id", "")
    if name == "range":
        _bind(target, NUMBER, None, found, known)
    elif name == "enumerate" and isinstance(target, ast.Tuple) and len(target.elts) == 2:
        _bind(target.elts[0], NUMBER, None, found, known)
        _bind(target.elts[1], ANY, None, found, known)
    else:
        _bind(target, TEXT if kind_of(iterated, known) == TEXT else ANY, None, found, known)
