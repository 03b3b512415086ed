"""What an edit did to a test file, in words for a person. Pure."""

import ast
import warnings
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gatewright.domain.syntax import parse

_OUT = frozenset({"skip", "skipif", "xfail", "importorskip", "skipIf", "skipUnless"})
_OUT_ALSO = frozenset({"SkipTest", "expectedFailure", "skipTest"})
_NAMED = 3


class _Test(NamedTuple):
    skips: int
    """How many times it says that it need not pass."""
    cases: int | None
    """Cases that its literal parametrisations come to; None where they are computed."""
    asserts: int


class _Tests(NamedTuple):
    skips: int
    """As for a test, but of the whole module or class."""
    tests: Mapping[str, _Test]


def alteration(before: bytes | None, after: bytes | None) -> str:
    """How the tests of one file differ: `edited` where nothing closer can be told."""
    if after is None:
        return "deleted or renamed"
    old, new = _read(before), _read(after)
    if old is None or new is None:
        return "edited"
    both = [(name, old.tests[name], new.tests[name]) for name in old.tests if name in new.tests]
    did = [
        _said("{} deleted or renamed", [name for name in old.tests if name not in new.tests]),
        _said("{} marked skip or xfail", [n for n, was, now in both if now.skips > was.skips]),
        _said("parametrisation of {} shrunk", [n for n, was, now in both if _shrunk(was, now)]),
        _said("assertions of {} removed", [n for n, was, now in both if now.asserts < was.asserts]),
        "marked skip or xfail as a whole" if new.skips > old.skips else "",
    ]
    return "; ".join(["edited", *filter(None, did)]).replace("edited; ", "edited: ", 1)


def _said(what: str, names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return what.format(", ".join(names[:_NAMED]) + more)


def _shrunk(was: _Test, now: _Test) -> bool:
    return was.cases is not None and now.cases is not None and now.cases < was.cases


def _read(data: bytes | None) -> _Tests | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parse(data or b"")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    tests = {name: _test(node) for name, node in _functions(tree, "")}
    return _Tests(sum(_skips(node) for node in _outside(tree)), tests)


def _functions(
    parent: ast.Module | ast.ClassDef, prefix: str
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in parent.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}::")
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        elif node.name.startswith("test"):
            yield prefix + node.name, node


def _outside(tree: ast.Module | ast.ClassDef) -> Iterator[ast.AST]:
    """Statements and decorators that hold for a module or class as a whole."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from node.decorator_list
            yield from _outside(node)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _test(node: ast.FunctionDef | ast.AsyncFunctionDef) -> _Test:
    return _Test(
        skips=_skips(node),
        cases=_cases(node.decorator_list),
        asserts=sum(isinstance(each, ast.Assert) for each in ast.walk(node)),
    )


def _skips(node: ast.AST) -> int:
    names = (_name(each) for each in ast.walk(node))
    return sum(name in _OUT or name in _OUT_ALSO for name in names)


def _name(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def _cases(decorators: list[ast.expr]) -> int | None:
    cases = 1
    for each in decorators:
        if not (isinstance(each, ast.Call) and _name(each.func) == "parametrize"):
            continue
        values = next((k.value for k in each.keywords if k.arg == "argvalues"), None)
        values = each.args[1] if len(each.args) > 1 else values
        if not isinstance(values, ast.List | ast.Tuple | ast.Set):
            return None
        cases *= len(values.elts)
    return cases
