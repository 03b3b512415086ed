"""What names and expressions of a module stand for, as far as its text tells.

Pure. Nothing recurses: a module may nest as deeply as its author likes.
"""

import ast
import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence

_LONGEST = 10_000
_LONGEST_NAME = 500
_REFERENCES = (ast.Attribute, ast.Call, ast.Name, ast.NamedExpr, ast.Subscript)

_BUILTINS = frozenset(
    {
        "__import__",
        "compile",
        "delattr",
        "eval",
        "exec",
        "exit",
        "getattr",
        "open",
        "quit",
        "setattr",
        "vars",
    }
)
_WRAPPERS = frozenset({"b64decode", "fromhex", "unhexlify"})
_SAME = {"posix": "os", "nt": "os", "__builtins__": "builtins"}
_IMPORTERS = frozenset({"builtins.__import__", "importlib.import_module", "importlib.__import__"})


class Names:
    """Imports and plain assignments of one module, wherever in it they stand."""

    def __init__(self, tree: ast.Module, nodes: Sequence[ast.AST]) -> None:
        """`nodes` are those of the tree, outer ones first.

        They are read twice, for a name may be given to another before it is known.
        """
        self.stars: tuple[str, ...] = ()
        """Modules that everything is imported from."""
        self._aliases: dict[str, str] = {"__builtins__": "builtins"}
        self._texts: dict[str, str | None] = {}
        self._builtins = _BUILTINS - {
            each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.ClassDef)
        }
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node)
        self._imported = frozenset(self._aliases)
        self._read(nodes)
        pairs = list(_assignments(nodes))
        for name, value in pairs:
            self._texts[name] = None if name in self._texts else self.text(value)
            meant = self.dotted(value)
            if meant is not None:
                self._aliases.setdefault(name, meant)
        if pairs:
            self._read(nodes)

    def _read(self, nodes: Sequence[ast.AST]) -> None:
        """Work out every expression, the inner ones first: nothing recurses."""
        self._meant: dict[int, str] = {}
        self._said: dict[int, str] = {}
        for node in reversed(nodes):
            fold = _FOLDS.get(type(node))
            text = fold(self, node) if fold is not None else None
            if text is not None and len(text) <= _LONGEST:
                self._said[id(node)] = text
            meant = self._reference(node) if isinstance(node, _REFERENCES) else None
            if meant is not None and len(meant) <= _LONGEST_NAME:
                self._meant[id(node)] = meant

    def dotted(self, node: ast.AST) -> str | None:
        """`sys.modules` for an expression that means that; None where it is not told."""
        return self._meant.get(id(node))

    def text(self, node: ast.AST) -> str | None:
        """The string that an expression of constants comes to; None where it is none."""
        return self._said.get(id(node))

    def is_imported(self, name: str) -> bool:
        """Whether an import gives this name its meaning, and no assignment."""
        return name in self._imported

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for each in node.names:
                top = each.name.partition(".")[0]
                meant = each.name if each.asname else top
                self._aliases[each.asname or top] = _SAME.get(meant, meant)
            return
        module = _SAME.get(node.module or "", node.module or "")
        if node.level:
            module = "." * node.level + module
        for each in node.names:
            if each.name == "*":
                self.stars += (module,)
            else:
                self._aliases[each.asname or each.name] = f"{module}.{each.name}"

    def _reference(self, node: ast.AST) -> str | None:
        if isinstance(node, ast.Name):
            known = self._aliases.get(node.id)
            return known or (f"builtins.{node.id}" if node.id in self._builtins else None)
        if isinstance(node, ast.Attribute):
            return _joined(self.dotted(node.value), node.attr)
        if isinstance(node, ast.NamedExpr):
            return self.dotted(node.value)
        if isinstance(node, ast.Subscript):
            return self._item(node)
        return self._called(node) if isinstance(node, ast.Call) else None

    def _item(self, node: ast.Subscript) -> str | None:
        owner = self.dotted(node.value)
        key = self.text(node.slice) if owner else None
        if owner is None or key is None:
            return None
        if owner == "sys.modules":
            return _SAME.get(key, key)
        if owner == "builtins":
            return f"builtins.{key}"
        return f"{owner.removesuffix('.__dict__')}.{key}" if owner.endswith(".__dict__") else None

    def _called(self, node: ast.Call) -> str | None:
        function = self.dotted(node.func)
        if not node.args or function is None:
            return None
        if function in _IMPORTERS:
            name = self.text(node.args[0])
            if name is None:
                return None
            name = name if function == "importlib.import_module" else name.partition(".")[0]
            return _SAME.get(name, name)
        if function == "builtins.vars":
            return _joined(self.dotted(node.args[0]), "__dict__")
        if function == "builtins.getattr" and len(node.args) > 1:
            attribute = self.text(node.args[1])
            owner = self.dotted(node.args[0])
            return _joined(owner, attribute) if attribute is not None else None
        return None

    def _named(self, node: ast.Name) -> str | None:
        return self._texts.get(node.id)

    def _constant(self, node: ast.Constant) -> str | None:
        if isinstance(node.value, bytes):
            return node.value.decode("latin-1")
        return node.value if isinstance(node.value, str) else None

    def _operation(self, node: ast.BinOp) -> str | None:
        left = self.text(node.left)
        if left is None and isinstance(node.op, ast.Div) and not isinstance(node.left, ast.BinOp):
            # A path that starts with something unknown: `root / "tests"`.
            left = ""
        if left is None:
            return None
        if isinstance(node.op, ast.Mod):
            items = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return _filled(left, [self.text(item) for item in items])
        right = self.text(node.right)
        if right is None:
            return None
        if isinstance(node.op, ast.Add):
            return left + right
        return f"{left}/{right}".lstrip("/") if isinstance(node.op, ast.Div) else None

    def _formatted(self, node: ast.JoinedStr) -> str | None:
        values = (v.value if isinstance(v, ast.FormattedValue) else v for v in node.values)
        parts = [self.text(value) for value in values]
        known = [part for part in parts if part is not None]
        return "".join(known) if len(known) == len(parts) else None

    def _sliced(self, node: ast.Subscript) -> str | None:
        cut = node.slice
        if not isinstance(cut, ast.Slice) or cut.lower is not None or cut.upper is not None:
            return None
        # `-1` is a one with a sign to the parser.
        if not isinstance(cut.step, ast.UnaryOp) or not isinstance(cut.step.op, ast.USub):
            return None
        whole = self.text(node.value)
        return whole[::-1] if whole is not None else None

    def _call(self, node: ast.Call) -> str | None:
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if not node.args:
            return None
        if name in _WRAPPERS:
            wrapped = self.text(node.args[0])
            return _unwrapped(name, wrapped) if wrapped is not None else None
        if name in ("chr", "bytes", "bytearray"):
            return _characters(node.args[0])
        if name in ("str", "reversed", "Path", "PurePath", "PosixPath"):
            parts = [self.text(each) for each in node.args]
            known = [part for part in parts if part is not None]
            whole = "/".join(known) if len(known) == len(parts) else None
            return whole[::-1] if whole is not None and name == "reversed" else whole
        return None

    def _method(self, node: ast.Call, function: ast.Attribute) -> str | None:
        arguments = [self.text(each) for each in node.args]
        known = [argument for argument in arguments if argument is not None]
        if function.attr in _WRAPPERS and known:
            return _unwrapped(function.attr, known[0])
        if self.dotted(function) in ("os.path.join", "posixpath.join"):
            return "/".join(known)
        whole = self.text(function.value)
        if whole is None:
            return None
        if function.attr == "join" and node.args:
            return self._united(whole, node.args[0])
        return _done(function.attr, whole, known)

    def _united(self, separator: str, items: ast.expr) -> str | None:
        if not isinstance(items, ast.List | ast.Tuple | ast.Set):
            single = self.text(items)
            return separator.join(single) if single is not None else None
        parts = [self.text(each) for each in items.elts]
        known = [part for part in parts if part is not None]
        return separator.join(known) if len(known) == len(parts) else None


_FOLDS: Mapping[type[ast.AST], Callable[..., str | None]] = {
    ast.Name: Names._named,
    ast.Constant: Names._constant,
    ast.BinOp: Names._operation,
    ast.JoinedStr: Names._formatted,
    ast.Subscript: Names._sliced,
    ast.Call: Names._call,
}
_PLAIN: Mapping[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "strip": str.strip,
    "title": str.title,
    "capitalize": str.capitalize,
    "casefold": str.casefold,
    "decode": str,
    "encode": str,
}


def _joined(owner: str | None, attribute: str) -> str | None:
    return None if owner is None else f"{owner}.{attribute}"


def _assignments(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value
        elif not isinstance(node, ast.AnnAssign | ast.NamedExpr):
            continue
        elif isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value


def _done(method: str, whole: str, arguments: Sequence[str]) -> str | None:
    """What a method of a string comes to."""
    if method == "joinpath":
        return "/".join([whole, *arguments])
    if method == "replace" and len(arguments) == 2:
        return whole.replace(arguments[0], arguments[1])
    plain = _PLAIN.get(method)
    return plain(whole) if plain is not None else None


def _filled(template: str, values: Sequence[str | None]) -> str | None:
    pieces = template.split("%s")
    known = [value for value in values if value is not None]
    if len(pieces) != len(known) + 1 or len(known) != len(values) or "%" in "".join(pieces):
        return None
    return pieces[0] + "".join(v + p for v, p in zip(known, pieces[1:], strict=True))


def _characters(node: ast.expr) -> str | None:
    """What `chr(112)` and `bytes([112, 121])` come to."""
    items = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    codes = [item.value for item in items if isinstance(item, ast.Constant)]
    numbers = [code for code in codes if isinstance(code, int) and 0 <= code < 0xD800]
    return "".join(map(chr, numbers)) if len(numbers) == len(items) else None


def _unwrapped(method: str, text: str) -> str | None:
    try:
        data = base64.b64decode(text) if method == "b64decode" else bytes.fromhex(text)
    except (ValueError, binascii.Error):
        return None
    return data.decode("latin-1")
