"""Where one module looks for whoever runs it, or gets at them.

Pure: a tree in, uses out, new and old ones alike.
"""

import ast
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

from gatewright.domain.findings import Severity
from gatewright.domain.syntax import parse
from gatewright.workspace.gate.static.known import Known
from gatewright.workspace.gate.static.names import Names
from gatewright.workspace.gate.static.suspects import (
    CASUAL,
    FRAGMENTS,
    FRAME_ATTRIBUTES,
    RUNNERS,
    WORDS,
    Suspect,
    suspect,
)
from gatewright.workspace.gate.static.telling import short

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_LEAVES = (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)
"""Nodes that say nothing by themselves, and are a third of all."""
_DEEPEST_CODE = 3
"""Of code in strings that are run."""
_OPENERS = frozenset(
    {"open", "Path", "PurePath", "joinpath", "glob", "rglob", "iterdir", "listdir"}
    | {"scandir", "walk", "read_text", "read_bytes", "open_code", "files", "iglob"}
)
_TESTS = Suspect("imports-tests", "blocking", "it imports the tests, or what they hold")
_GLOB = re.compile(r"\btest_\*|\*_test\.py|\btest\*\.py")


class Use(NamedTuple):
    """One suspicious thing and where it stands."""

    rule: str
    what: str
    """Names it in a message, and tells it from other uses of the same rule."""
    first: int
    last: int
    """Lines, 1-based, both included."""
    severity: Severity
    why: str


class _Reader:
    """One module being read."""

    def __init__(self, tree: ast.Module, path: str, known: Known, *, depth: int = 0) -> None:
        self.path = path
        self.known = known
        self.depth = depth
        self.nodes = [node for node in ast.walk(tree) if not isinstance(node, _LEAVES)]
        """Outer ones first."""
        self.names = Names(tree, self.nodes)
        self.parents = {
            id(child): node for node in self.nodes for child in ast.iter_child_nodes(node)
        }

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        while (parent := self.parents.get(id(node))) is not None:
            yield parent
            node = parent

    def at_import(self, node: ast.AST) -> bool:
        """Whether it runs when the module is imported, and not as a program only."""
        return not any(isinstance(p, _FUNCTIONS) or _is_main(p) for p in self.above(node))

    def in_program(self, node: ast.AST) -> bool:
        """Whether it belongs to a command line rather than to a library."""
        if re.search(
            r"(^|/)(__main__|main|cli|manage|setup|conf|noxfile)\.py$|(^|/)cli/", self.path
        ):
            return True
        return any(
            _is_main(p) or (isinstance(p, ast.FunctionDef) and "main" in p.name)
            for p in self.above(node)
        )


def uses(tree: ast.Module, path: str, known: Known) -> Iterator[Use]:
    """Every use in a module that is no test."""
    yield from _uses(_Reader(tree, path, known))


def uses_in_test(tree: ast.Module, path: str, known: Known) -> Iterator[Use]:
    """Every use in a test that has none in honest tests."""
    reader = _Reader(tree, path, known)
    for node in reader.nodes:
        yield from _hooks(reader, node, test=True)
        patches = list(_patches(reader, node, test=True))
        if patches and reader.at_import(node):
            yield from patches
        dotted = reader.names.dotted(node) if isinstance(node, ast.Attribute | ast.Name) else None
        found = suspect(dotted) if dotted else None
        if found is not None and found[1].rule in ("ends-the-process", "import-hooks", "tracing"):
            yield _use(node, found[1], found[0])


def _uses(reader: _Reader) -> Iterator[Use]:
    folded: set[int] = set()
    for node in reader.nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imports(reader, node)
        yield from _strings(reader, node, folded)
        yield from _named(reader, node)
        yield from _modules(reader, node)
        yield from _calls(reader, node)
        yield from _patches(reader, node, test=False)
        yield from _hooks(reader, node, test=False)
        yield from _equality(node)
        yield from _exits(reader, node)


def _imports(reader: _Reader, node: ast.Import | ast.ImportFrom) -> Iterator[Use]:
    if isinstance(node, ast.Import):
        modules = [each.name for each in node.names]
        meant = modules
    else:
        module = node.module or ""
        modules = [module] if not node.level else []
        whole = reader.known.absolute(reader.path, module, node.level)
        meant = [whole, *(f"{whole}.{each.name}".strip(".") for each in node.names)]
        if not node.level:
            modules += [f"{module}.{each.name}" for each in node.names]
    for module in modules:
        top = module.partition(".")[0]
        if top in RUNNERS or top.startswith("pytest_"):
            why = Suspect("imports-the-runner", "blocking", "it imports what only tests need")
            yield _use(node, why, top)
            break
        found = suspect(module)
        if found is not None:
            yield _use(node, found[1], found[0])
            break
    for module in meant:
        if reader.known.is_test_module(module):
            yield _use(node, _TESTS, module)
            break


def _strings(reader: _Reader, node: ast.AST, folded: set[int]) -> Iterator[Use]:
    """Strings, as they are put together; parts of one that is known are not told again."""
    if id(node) in folded or not isinstance(
        node, ast.Constant | ast.BinOp | ast.JoinedStr | ast.Call | ast.Subscript
    ):
        return
    text = reader.names.text(node)
    if text is None:
        return
    folded.update(id(each) for each in ast.walk(node))
    parent = reader.parents.get(id(node))
    if isinstance(parent, ast.Expr):
        return
    path = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
    path = path or any(_opens(reader, each) for each in (node, parent))
    found = _word(reader.known, text, path=path)
    if found is not None:
        yield _use(node, found, short(text))


def _opens(reader: _Reader, node: ast.AST | None) -> bool:
    """Whether it is a call that makes or uses a path."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    name = node.func.id if isinstance(node.func, ast.Name) else name
    return name in _OPENERS or reader.names.dotted(node.func) in ("os.path.join", "posixpath.join")


def _word(known: Known, text: str, *, path: bool) -> Suspect | None:
    """What is wrong with a string; in prose it is told and does not block."""
    low = text.lower()
    severity: Severity = "warning" if re.search(r"\s", text.strip()) else "blocking"
    if any(word in low for word in WORDS) or low in FRAGMENTS:
        return Suspect("names-the-runner", severity, "it names what runs the tests")
    if _GLOB.search(text) or known.names_test(text):
        return Suspect("names-tests", severity, "it names the tests")
    if path and known.in_tests(text):
        return Suspect("reads-tests", severity, "it reads what the tests hold")
    return None


def _named(reader: _Reader, node: ast.AST) -> Iterator[Use]:
    if isinstance(node, ast.Attribute) and node.attr in FRAME_ATTRIBUTES:
        yield _use(node, Suspect("frames", "blocking", "it looks at who calls"), node.attr)
        return
    if not isinstance(node, ast.Attribute | ast.Name | ast.Call | ast.Subscript):
        return
    dotted = reader.names.dotted(node)
    if dotted is None or reader.names.dotted(_owner(node)) == dotted:
        return
    if dotted == "sys.argv" and not reader.in_program(node):
        yield _use(node, Suspect("arguments", "warning", "it sees how the tests are run"), dotted)
    found = suspect(dotted)
    if found is not None and (found[0] == dotted or isinstance(node, ast.Attribute)):
        yield _use(node, found[1], found[0])
    top = dotted.partition(".")[0]
    if isinstance(node, ast.Call) and top in RUNNERS:
        yield _use(node, Suspect("imports-the-runner", "blocking", "it imports a runner"), top)


def _owner(node: ast.AST) -> ast.AST:
    return node.value if isinstance(node, ast.Attribute) else ast.Pass()


def _modules(reader: _Reader, node: ast.AST) -> Iterator[Use]:
    """`sys.modules`, but for a module's own entry."""
    if not isinstance(node, ast.Attribute | ast.Name | ast.Subscript | ast.Call):
        return
    if reader.names.dotted(node) != "sys.modules":
        return
    parent = reader.parents.get(id(node))
    if isinstance(parent, ast.Subscript) and parent.value is node:
        written = not isinstance(parent.ctx, ast.Load)
        if not written and _is_own(parent.slice):
            return
        yield _module_use(node, blocking=written)
    elif isinstance(parent, ast.Compare):
        yield _module_use(node, blocking=False)
    elif isinstance(parent, ast.Attribute) and parent.attr == "get":
        call = reader.parents.get(id(parent))
        key = call.args[0] if isinstance(call, ast.Call) and call.args else None
        if key is None or not _is_own(key):
            yield _module_use(node, blocking=False)
    elif isinstance(getattr(node, "ctx", None) or ast.Load(), ast.Load):
        yield _module_use(node, blocking=True)


def _module_use(node: ast.AST, *, blocking: bool) -> Use:
    why = "it looks through, or changes, what is imported"
    rule = "changes-modules" if blocking else "modules"
    return _use(node, Suspect(rule, "blocking" if blocking else "warning", why), "sys.modules")


def _is_own(key: ast.expr) -> bool:
    return (isinstance(key, ast.Name) and key.id == "__name__") or (
        isinstance(key, ast.Attribute) and key.attr == "__module__"
    )


def _calls(reader: _Reader, node: ast.AST) -> Iterator[Use]:
    if not isinstance(node, ast.Call):
        return
    function = reader.names.dotted(node.func)
    first = node.args[0] if node.args else None
    if function in ("os.kill", "os.killpg") and not _asks_only(node):
        child = isinstance(first, ast.Attribute) and first.attr in ("pid", "pgid")
        severity: Severity = "warning" if child else "blocking"
        yield _use(node, Suspect("kills", severity, "it may kill what runs the tests"), function)
    if first is None or function is None:
        return
    text = reader.names.text(first)
    if function in ("builtins.__import__", "importlib.import_module"):
        if text is None:
            why = Suspect("computed-import", "warning", "nobody can read what it imports")
            yield _use(node, why, function)
        elif reader.known.is_test_module(text):
            yield _use(node, _TESTS, text)
    if function in ("builtins.eval", "builtins.exec", "builtins.compile"):
        if text is None:
            why = Suspect("computed-code", "warning", "nobody can read what it runs")
            yield _use(node, why, function)
        else:
            yield from _inner(reader, node, text)
    if function == "builtins.getattr" and len(node.args) > 1:
        owner = reader.names.dotted(first)
        hidden = reader.names.text(node.args[1]) is None
        if hidden and owner in ("builtins", "gc", "inspect", "os", "sys"):
            why = Suspect("computed-name", "warning", f"nobody can read what it takes of {owner}")
            yield _use(node, why, owner)


def _asks_only(node: ast.Call) -> bool:
    """Whether it sends signal 0, which asks if there is such a process."""
    sent = node.args[1] if len(node.args) > 1 else None
    return isinstance(sent, ast.Constant) and sent.value == 0


def _inner(reader: _Reader, node: ast.Call, text: str) -> Iterator[Use]:
    """Uses in code that is given as a string, at the place of the call."""
    if reader.depth >= _DEEPEST_CODE:
        return
    try:
        tree = parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for use in _uses(_Reader(tree, reader.path, reader.known, depth=reader.depth + 1)):
        yield use._replace(first=node.lineno, last=node.end_lineno or node.lineno)


def _patches(reader: _Reader, node: ast.AST, *, test: bool) -> Iterator[Use]:
    """Attributes of other modules that are set."""
    target: str | None = None
    if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        owner = reader.names.dotted(node.value)
        if isinstance(node, ast.Attribute):
            target = f"{owner}.{node.attr}" if owner else None
        elif owner is not None and owner.endswith(".__dict__"):
            target = owner.replace("__dict__", reader.names.text(node.slice) or "*")
        elif owner == "builtins":
            target = "builtins.*"
    elif isinstance(node, ast.Call) and len(node.args) > 1:
        function = reader.names.dotted(node.func)
        if function in ("builtins.setattr", "builtins.delattr"):
            owner = reader.names.dotted(node.args[0])
            target = f"{owner}.{reader.names.text(node.args[1]) or '*'}" if owner else None
    if target is None or target in CASUAL or target.startswith("sys.path"):
        return
    if _is_local(reader, node):
        return
    top = target.partition(".")[0]
    if top in sys.stdlib_module_names or (test and reader.known.is_own_module(top)):
        why = Suspect("patches", "blocking", "it changes a module for everybody, tests included")
        yield _use(node, why, target)


def _is_local(reader: _Reader, node: ast.AST) -> bool:
    """Whether a function has a variable of its own by the name of a module: `t` for `typing`."""
    root = node
    while isinstance(root, ast.Attribute | ast.Subscript):
        root = root.value
    if not isinstance(root, ast.Name) or not reader.names.is_imported(root.id):
        return False
    return any(
        root.id in _variables(function)
        for function in reader.above(node)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def _variables(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    given = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}
    return given | {
        each.id
        for each in ast.walk(function)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }


def _hooks(reader: _Reader, node: ast.AST, *, test: bool) -> Iterator[Use]:
    why = Suspect("pytest-hook", "blocking", "it takes part in running the tests")
    if isinstance(node, ast.Name):
        if node.id == "pytest_plugins" and isinstance(node.ctx, ast.Store):
            yield _use(node, why, node.id)
        return
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    if node.name.startswith("pytest_") and not (test and node.name == "pytest_generate_tests"):
        yield _use(node, why, node.name)


def _equality(node: ast.AST) -> Iterator[Use]:
    """`__eq__` that is true of everything."""
    if not isinstance(node, ast.FunctionDef) or node.name not in ("__eq__", "__ne__"):
        return
    body = [each for each in node.body if not isinstance(each, ast.Expr)]
    same = node.name == "__eq__"
    if len(body) == 1 and isinstance(body[0], ast.Return):
        value = body[0].value
        if isinstance(value, ast.Constant) and value.value is same:
            yield _use(
                node,
                Suspect("equal-to-all", "blocking", "it equals whatever is expected"),
                "__eq__",
            )


def _exits(reader: _Reader, node: ast.AST) -> Iterator[Use]:
    raised = node.exc if isinstance(node, ast.Raise) else None
    raised = raised.func if isinstance(raised, ast.Call) else raised
    called = reader.names.dotted(node.func) if isinstance(node, ast.Call) else None
    leaves = called in ("sys.exit", "builtins.exit", "builtins.quit") or (
        isinstance(raised, ast.Name) and raised.id in ("SystemExit", "KeyboardInterrupt")
    )
    if leaves and not reader.in_program(node):
        yield _use(node, Suspect("exits", "warning", "it ends whoever imports or calls it"), "exit")


def _is_main(node: ast.AST) -> bool:
    """`if __name__ == "__main__":`."""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    sides = (node.test.left, *node.test.comparators)
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)


def _use(node: ast.AST, why: Suspect, what: str) -> Use:
    first = getattr(node, "lineno", 1)
    last = getattr(node, "end_lineno", None) or first
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and why.rule == "pytest-hook":
        last = first
    return Use(why.rule, what, first, last, why.severity, why.why)
