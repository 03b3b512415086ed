"""Conditions made stronger or weaker by an atom of the scope, or replaced by one."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from gatewright.repair.bodies import Body
from gatewright.repair.edits import AND, COMPARE, LAMBDA, NOT, OR, Edit, put, tight
from gatewright.repair.families.conditions import is_condition
from gatewright.repair.kinds import (
    ANY,
    BOOL,
    DICT,
    LIST,
    NONE,
    NUMBER,
    OBJECT,
    SEQUENCE,
    SET,
    SIZED,
    TEXT,
)
from gatewright.repair.scopes import NEVER, known
from gatewright.repair.source import Source

MORE = 0.5
"""An atom added to a condition."""
INSTEAD = 0.45
"""An atom in the place of a condition, or of True or False that is returned."""
FOREVER = 0.9
"""A name in the place of the True of `while True`."""
MOST = 26
"""Atoms for one place."""


class Atom(NamedTuple):
    """A simple condition."""

    text: str
    binds: int
    worth: float
    about: frozenset[str]


def strengthened(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`a and b` or `a or b` for the condition `a`, with `b` an atom or its opposite."""
    if not _is_whole_condition(source, node):
        return
    assert isinstance(node, ast.expr)
    whole = source.text(node)
    for atom in atoms(source, node):
        if atom.text in whole:
            continue
        prior = MORE * atom.worth
        for word, least in (("or", OR), ("and", AND)):
            left = tight(source, node, least)
            new = _guarding(source, node, atom, word)
            if new is not None:
                yield put(source, node, new, least, min(1.0, prior * 1.3))
            yield put(source, node, f"{left} {word} {atom.text}", least, prior)


def replaced(source: Source, node: ast.AST) -> Iterator[Edit]:
    """An atom for the condition; `while queue` for `while True`; `depth == 0` for True."""
    truth = isinstance(node, ast.Constant) and isinstance(node.value, bool)
    parent = source.parents.get(node)
    forever = truth and isinstance(parent, ast.While)
    handed = truth and isinstance(parent, ast.Return | ast.Assign | ast.Yield)
    if not forever and not handed and not _is_whole_condition(source, node):
        return
    assert isinstance(node, ast.expr)
    whole = source.text(node)
    for atom in atoms(source, node):
        if atom.text == whole:
            continue
        if forever:
            prior = FOREVER
        elif handed:  # a truth that is returned is more often a comparison than a name
            prior = INSTEAD * 1.3 if atom.binds == COMPARE else INSTEAD * 0.7
        else:
            prior = INSTEAD * 0.6
        yield put(source, node, atom.text, atom.binds, min(1.0, prior * atom.worth))


def atoms(source: Source, node: ast.expr | ast.stmt, at: int | None = None) -> list[Atom]:
    """Simple conditions about the names that are bound at a place, the likeliest first."""
    scopes = known(source)
    body = scopes.body(node)
    bound = [name for name in scopes.names(node, at) if name not in NEVER]
    names = body.nearest(bound, node.lineno)
    near = _mentioned(source, node)
    found: dict[str, Atom] = {}
    for name in names:
        for text, binds, worth in _of_name(body, name):
            boost = 1.6 if name in body.unread else 1.25 if name in near else 1.0
            _add(found, Atom(text, binds, worth * boost, frozenset((name,))))
    for donor in body.near(node.lineno):
        if not scopes.visible(donor.names, node, at) or donor.names == frozenset():
            continue
        if isinstance(donor.node, ast.Compare):
            _add(found, Atom(donor.text, COMPARE, 0.7, donor.names))
        elif isinstance(donor.node, ast.Attribute) and isinstance(donor.node.value, ast.Name):
            _add(found, Atom(f"{donor.text} is None", COMPARE, 0.55, donor.names))
            _add(found, Atom(f"{donor.text} is not None", COMPARE, 0.45, donor.names))
            _add(found, Atom(donor.text, LAMBDA, 0.4, donor.names))
        elif isinstance(donor.node, ast.Subscript) and donor.size <= 3:
            _add(found, Atom(donor.text, LAMBDA, 0.3, donor.names))
    for atom in _comparisons(body, names):
        _add(found, atom)
    return sorted(found.values(), key=lambda atom: -atom.worth)[:MOST]


def _of_name(body: Body, name: str) -> Iterator[tuple[str, int, float]]:
    """Emptiness, truth, None and zero, as far as the kind allows."""
    kind = body.kinds.get(name, ANY)
    sure = 1.0 if kind != ANY else 0.7
    if kind & (SIZED | BOOL | OBJECT | NONE):
        yield f"not {name}", NOT, 0.8 * sure
        yield name, LAMBDA, 0.75 * sure
    if kind & (OBJECT | NONE) and kind != BOOL:
        yield f"{name} is None", COMPARE, 0.7 * sure
        yield f"{name} is not None", COMPARE, 0.6 * sure
    if kind & NUMBER:
        yield f"{name} == 0", COMPARE, 0.75 * sure
        for text in ("{} > 0", "{} <= 0", "{} < 0", "{} != 0", "{} == 1", "{} <= 1"):
            yield text.format(name), COMPARE, 0.4 * sure
    if kind & (LIST | TEXT | SET | DICT) and kind != ANY:
        yield f"len({name}) == 1", COMPARE, 0.35
        yield f"len({name}) > 1", COMPARE, 0.3


def _comparisons(body: Body, names: list[str]) -> Iterator[Atom]:
    """Of numbers with each other and with lengths, of names with each other, membership."""
    for first in names:
        one = body.kinds.get(first, ANY)
        for second in names:
            if first == second:
                continue
            other = body.kinds.get(second, ANY)
            about = frozenset((first, second))
            if one == NUMBER == other and first < second:
                for operator in ("<", ">", "==", "!=", "<=", ">="):
                    yield Atom(f"{first} {operator} {second}", COMPARE, 0.35, about)
            elif one & other and first < second:
                yield Atom(f"{first} == {second}", COMPARE, 0.2, about)
            if one == NUMBER and other & SEQUENCE and other & ~SIZED == 0:
                yield Atom(f"{first} < len({second})", COMPARE, 0.5, about)
                yield Atom(f"{first} >= len({second})", COMPARE, 0.4, about)
            if other & (SIZED) and other & NUMBER == 0 and not one & (LIST | SET | DICT):
                sure = 0.45 if other & (SET | DICT) else 0.3
                yield Atom(f"{first} in {second}", COMPARE, sure, about)
                yield Atom(f"{first} not in {second}", COMPARE, sure, about)


def _guarding(source: Source, node: ast.expr, atom: Atom, word: str) -> str | None:
    """The atom first, where it protects what the condition reads: `x is None or x.next is None`."""
    read = {
        part.value.id
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.value, ast.Name)
    }
    read |= {
        part.slice.id
        for part in ast.walk(node)
        if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Name)
    }
    if not atom.about & read:
        return None
    return f"{atom.text} {word} {tight(source, node, OR if word == 'or' else AND)}"


def _is_whole_condition(source: Source, node: ast.AST) -> bool:
    parent = source.parents.get(node)
    if isinstance(node, ast.Constant) or not isinstance(node, ast.expr):
        return False
    if isinstance(parent, ast.Return):
        return isinstance(node, ast.Compare | ast.BoolOp)
    return is_condition(parent, node) and not isinstance(parent, ast.BoolOp)


def _mentioned(source: Source, node: ast.AST) -> set[str]:
    """Names in the same statement."""
    statement = source.statement(node)
    if statement is None:
        return set()
    return {part.id for part in ast.walk(statement) if isinstance(part, ast.Name)}


def _add(found: dict[str, Atom], atom: Atom) -> None:
    if atom.text not in found or found[atom.text].worth < atom.worth:
        found[atom.text] = atom
