"""Missing base cases and guards: `if not x: return ...` before a statement."""

import ast
from collections.abc import Iterator

from gatewright.domain.syntax import parse_expression
from gatewright.repair.bodies import FUNCTIONS, Body
from gatewright.repair.edits import Edit, insert_before
from gatewright.repair.families.atoms import Atom, atoms
from gatewright.repair.kinds import ANY, Kind
from gatewright.repair.scopes import known
from gatewright.repair.source import Source

FIRST = 0.45
"""At the head of the function."""
LATER = 0.2
SKIP = 0.25
"""`if x in seen: continue` at the head of a loop."""
MOST_ATOMS = 9
MOST_VALUES = 9
LITERALS = ("[]", "None", "0", "False", "True", '""', "1", "[[]]", "-1")


def guards(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A condition and a way out before a statement of a function."""
    function = _function(source, node)
    if function is None:
        return
    assert isinstance(node, ast.stmt)
    first = _first(function)
    at_head = node is first
    if not at_head and not isinstance(node, ast.Return | ast.For | ast.While | ast.If | ast.Assign):
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    body = known(source).body(node)
    here = [atom for atom in _atoms(source, node) if _about_names(atom)]
    outcomes = list(_outcomes(source, node, function, body))
    most = MOST_ATOMS if at_head else MOST_ATOMS // 2
    for atom in here[:most]:
        for text, worth in outcomes[: MOST_VALUES if at_head else MOST_VALUES // 2]:
            prior = (FIRST if at_head else LATER) * min(1.0, atom.worth) * worth
            edit = insert_before(source, node, f"if {atom.text}:\n\treturn {text}".rstrip(), prior)
            if edit is not None:
                yield edit


def skips(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`if seen: continue` or `break` as the first statement of a loop."""
    loop = source.parents.get(node)
    if not isinstance(loop, ast.For | ast.While | ast.AsyncFor) or node is not loop.body[0]:
        return
    assert isinstance(node, ast.stmt)
    for atom in _atoms(source, node)[:12]:
        for word, factor in (("continue", 1.0), ("break", 0.8)):
            prior = SKIP * min(1.0, atom.worth) * factor
            edit = insert_before(source, node, f"if {atom.text}:\n\t{word}", prior)
            if edit is not None:
                yield edit


def _outcomes(
    source: Source, node: ast.stmt, function: ast.AST, body: Body
) -> Iterator[tuple[str, float]]:
    """What such a guard may return, the likeliest first."""
    scopes = known(source)
    found: dict[str, float] = {}
    kind: Kind = 0
    for donor in body.returned:
        kind |= donor.kind
        if scopes.visible(donor.names, node) and donor.size <= 6:
            found.setdefault(donor.text, 0.9 if isinstance(donor.node, ast.Constant) else 0.7)
    for text in LITERALS:
        fits = body.kind(parse_expression(text).body) & (kind or ANY)
        worth = (0.9 if kind not in (0, ANY) else 0.6) if fits else 0.15
        found.setdefault(text, worth)
    if not body.returned:
        found[""] = 1.0
    for name in scopes.names(node):
        kinds = body.kinds.get(name, ANY)
        if name not in ("self", "cls") and kinds & (kind or ANY):
            found.setdefault(name, 0.65)
            found.setdefault(f"[{name}]", 0.5 if kind and not kind & ~_LISTS else 0.15)
    yield from sorted(found.items(), key=lambda pair: -pair[1])


_LISTS: Kind = 1 << 2


def _function(source: Source, node: ast.AST) -> ast.AST | None:
    if not isinstance(node, ast.stmt):
        return None
    return next((up for up in source.ancestors(node) if isinstance(up, FUNCTIONS)), None)


def _first(function: ast.AST) -> ast.stmt | None:
    """The first statement that is no docstring and no import."""
    for node in function.body:  # type: ignore[attr-defined]
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not is_docstring and not isinstance(node, ast.Import | ast.ImportFrom | ast.Nonlocal):
            return node  # type: ignore[no-any-return]
    return None


def _atoms(source: Source, node: ast.stmt) -> list[Atom]:
    return atoms(source, node, source.span(node).start)


def _about_names(atom: Atom) -> bool:
    return bool(atom.about)
