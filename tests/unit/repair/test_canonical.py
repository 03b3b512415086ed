import ast

import pytest
from hypothesis import given, settings

from gatewright.repair.canonical import form
from tests.unit.repair.programs import programs


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a < b", "b > a"),
        ("a <= b", "b >= a"),
        ("not a == b", "a != b"),
        ("not a in b", "a not in b"),
        ("a == b", "b == a"),
        ("x + 1 - 1", "x"),
        ("1 + x", "x + 1"),
        ("x + 1 + y", "x + y + 1"),
        ("not not not a", "not a"),
        ("1 if not not a else 2", "1 if a else 2"),
        ("a and (b and c)", "a and b and c"),
        ("len(x) > 0", "len(x) >= 1"),
        ("len(x) < 1", "len(x) == 0"),
        ("range(0, n)", "range(n)"),
        ("x[0:]", "x[:]"),
        ("x += 1", "x = x + 1"),
        ("if not not a: b", "if a: b"),
        ("f( a,b )", "f(a, b)"),
    ],
)
def test_the_same_is_told_once(one: str, other: str) -> None:
    assert form(ast.parse(one)) == form(ast.parse(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a < b", "b < a"),
        ("not a < b", "a >= b"),
        ("a + b", "b + a"),
        ("x += y", "x = x + y"),
        ("1", "True"),
        ("1", "1.0"),
        ("not not a", "a"),
        ("a or (b and c)", "(a or b) and c"),
        ("x - y + 1", "x - (y + 1)"),
        ("a in b", "b in a"),
        ("'1'", "1"),
    ],
)
def test_what_may_differ_is_told_apart(one: str, other: str) -> None:
    assert form(ast.parse(one)) != form(ast.parse(other))


@settings(deadline=None, max_examples=50)
@given(text=programs())
def test_layout_does_not_count(text: str) -> None:
    assert form(ast.parse(text)) == form(ast.parse(ast.unparse(ast.parse(text))))
