"""Wrong definitions: decorators, defaults, `await`, `yield`, what an `except` catches."""

import ast
from collections.abc import Iterator

from gatewright.repair.bodies import FUNCTIONS
from gatewright.repair.edits import AWAIT, Edit, put, replace
from gatewright.repair.scopes import is_called, known
from gatewright.repair.source import Source, Span

DECORATOR = 0.4
DEFAULT = 0.5
AWAITED = 0.6
YIELDED = 0.5
CAUGHT = 0.45
USUAL = (
    "ValueError",
    "KeyError",
    "IndexError",
    "TypeError",
    "AttributeError",
    "ZeroDivisionError",
    "StopIteration",
    "LookupError",
    "OSError",
    "Exception",
)
DECORATORS = ("staticmethod", "classmethod", "property")


def decorators(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`@staticmethod`, `@classmethod` or `@property` missing, too many, or for another."""
    if not isinstance(node, FUNCTIONS):
        return
    indent = source.indent(node)
    if indent is None or not isinstance(source.parents.get(node), ast.ClassDef):
        return
    plain = [d for d in node.decorator_list if isinstance(d, ast.Name) and d.id in DECORATORS]
    first = node.args.args[0].arg if node.args.args else ""
    for decorator in plain:
        span = source.span(decorator)
        start, end = source.line_start(span.start), source.line_end(span.end)
        after = source.line_start(_next(source, end))
        yield Edit(start, after, "", DECORATOR, node)
        for other in DECORATORS:
            if other != decorator.id:
                yield replace(span, other, DECORATOR / 2, node)
    if not node.decorator_list:
        start = source.span(node).start
        likely = {"cls": "classmethod", "self": "property"}.get(first, "staticmethod")
        for name in DECORATORS:
            prior = DECORATOR if name == likely else DECORATOR / 5
            if name == "property" and len(node.args.args) != 1:
                continue
            yield Edit(start, start, f"@{name}{source.newline}{indent}", prior, node)


def defaults(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another default; None for one that all calls share, made anew in the body."""
    parent = source.parents.get(node)
    if not isinstance(parent, ast.arguments) or not isinstance(node, ast.expr):
        return
    if node not in (*parent.defaults, *parent.kw_defaults):
        return
    written = source.text(node)
    for text in ("None", "0", "1", "True", "False", '""', "()", "-1"):
        if text != written:
            yield replace(source.span(node), text, DEFAULT / 2, node)
    function = source.parents.get(parent)
    name = _parameter(parent, node)
    if not isinstance(node, ast.List | ast.Dict | ast.Set | ast.Call) or not name:
        return
    if isinstance(function, FUNCTIONS):
        head = function.body[0]
        indent = source.indent(head)
        if indent is None:
            return
        span, start = source.span(node), source.span(head).start
        between = source.data[span.end : start].decode()
        guard = source.newline.join(
            (f"if {name} is None:", f"{indent}{source.indent_step}{name} = {written}", indent)
        )
        yield Edit(span.start, start, f"None{between}{guard}", DEFAULT, node)


def awaits(source: Source, node: ast.AST) -> Iterator[Edit]:
    """An `await` too few or too many."""
    if isinstance(node, ast.Await):
        start = source.span(node).start
        yield replace(Span(start, source.span(node.value).start), "", AWAITED / 2, node)
        return
    if not isinstance(node, ast.Call) or isinstance(source.parents.get(node), ast.Await):
        return
    around = next((up for up in source.ancestors(node) if isinstance(up, FUNCTIONS)), None)
    if not isinstance(around, ast.AsyncFunctionDef):
        return
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    target = known(source).functions.get(name)
    sure = 1.0 if isinstance(target, ast.AsyncFunctionDef) else 0.5 if target is None else 0.1
    yield put(source, node, f"await {source.text(node)}", AWAIT, AWAITED * sure)


def yields(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`yield` for `yield from`, and both for `return`."""
    if isinstance(node, ast.YieldFrom | ast.Yield) and node.value is not None:
        start = source.span(node).start
        value = source.text(node.value)
        end = source.span(node).end
        words = ("yield", "return") if isinstance(node, ast.YieldFrom) else ("yield from", "return")
        for word, prior in zip(words, (YIELDED * 1.4, YIELDED / 3), strict=True):
            if word != "return" or isinstance(source.parents.get(node), ast.Expr):
                yield Edit(start, end, f"{word} {value}", prior, node)
    if isinstance(node, ast.Return) and node.value is not None:
        span = source.span(node)
        around = next((up for up in source.ancestors(node) if isinstance(up, FUNCTIONS)), None)
        yields = around is not None and any(
            isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(around)
        )
        prior = YIELDED if yields else YIELDED / 10
        text = source.text(node.value)
        yield replace(span, f"yield {text}", prior, node)
        yield replace(span, f"yield from {text}", prior, node)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _makes(source, node):
        yield replace(source.span(node), f"yield from {source.text(node)}", YIELDED * 1.4, node)


def handlers(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another exception, or more than one."""
    if not isinstance(node, ast.ExceptHandler) or node.type is None:
        return
    span = source.span(node.type)
    written = source.text(node.type)
    raised = [
        part.id
        for part in ast.walk(source.tree)
        if isinstance(part, ast.Name)
        and part.id.endswith(("Error", "Exception"))
        and known(source).visible([part.id], node)
    ]
    for name in dict.fromkeys([*raised, *USUAL]):
        if name in written:
            continue
        near = 1.0 if name in raised else 0.7
        yield replace(span, name, CAUGHT * near, node)
        inner = written[1:-1].rstrip(",") if isinstance(node.type, ast.Tuple) else written
        yield replace(span, f"({inner}, {name})", CAUGHT * near, node)


def raises(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another kind of exception raised."""
    parent = source.parents.get(node)
    called = is_called(source, node)
    owner = source.parents.get(parent) if called and parent is not None else parent
    if not isinstance(node, ast.Name) or not isinstance(owner, ast.Raise):
        return
    for name in USUAL:
        if name != node.id:
            yield replace(source.span(node), name, CAUGHT, node)


def _makes(source: Source, node: ast.Expr) -> bool:
    """Whether a call that stands alone is of a generator function of the file."""
    assert isinstance(node.value, ast.Call)
    func = node.value.func
    target = known(source).functions.get(getattr(func, "id", getattr(func, "attr", "")))
    return target is not None and any(
        isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(target)
    )


def _parameter(arguments: ast.arguments, default: ast.expr) -> str:
    positional = [*arguments.posonlyargs, *arguments.args]
    if default in arguments.defaults:
        place = arguments.defaults.index(default) - len(arguments.defaults)
        return positional[place].arg
    return arguments.kwonlyargs[arguments.kw_defaults.index(default)].arg


def _next(source: Source, end: int) -> int:
    return end + (2 if source.data.startswith(b"\r\n", end) else 1)
