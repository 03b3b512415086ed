"""Inputs made from those that tests give."""

import ast
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.repair.answers import Call
from gatewright.repair.inputs import MOST_CHARS, inputs, vary

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=5)
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def call(*args: Any, **kwargs: Any) -> Call:
    return Call(path="lib.py", name="f", args=repr(args), kwargs=repr(kwargs), test="t.py::test")


def made(*calls: Call) -> list[tuple[Any, ...]]:
    return [ast.literal_eval(each.args) for each in inputs(calls) if not each.test]


def test_what_the_tests_give_comes_first_and_counts_most() -> None:
    found = inputs([call([1, 2], 3), call([], 1)])
    assert [each.shown() for each in found[:2]] == ["f([1, 2], 3)", "f([], 1)"]
    assert [each.weight for each in found[:2]] == [1.0, 1.0]
    assert max(each.weight for each in found[2:]) < 1


def test_edges_are_among_them() -> None:
    found = [args[0] for args in made(call([3, 1, 2]))]
    assert [] in found
    assert [3] in found
    assert [1, 2, 3] in found


@pytest.mark.parametrize(
    ("calls", "habit"),
    [
        ([call([1, 2, 3]), call([2, 9])], lambda items: items == sorted(items)),
        ([call([3, 1]), call([2])], lambda items: min(items, default=0) >= 0),
        ([call([3, 1]), call([2])], lambda items: len(set(items)) == len(items)),
        ([call([[1, 2], [3, 4]]), call([[1], [2]])], lambda rows: len({len(r) for r in rows}) < 2),
        (
            [call({1: [2], 2: []})],
            lambda graph: {v for vs in graph.values() for v in vs} <= {*graph},
        ),
        ([call(["a", "b"])], lambda items: all(isinstance(item, str) for item in items)),
    ],
)
def test_habits_are_kept(calls: list[Call], habit: Any) -> None:
    found = made(*calls)
    assert found
    assert all(habit(args[0]) for args in found)


def test_what_no_call_does_tells_less() -> None:
    weights = {each.args: each.weight for each in inputs([call([1]), call([2, 3])])}
    assert weights["([],)"] < weights["([2],)"]


def test_functions_share_the_number() -> None:
    first = [call([number, number + 1]) for number in range(5)]
    other = Call(path="lib.py", name="g", args="('abc',)", kwargs="{}", test="t.py::test")
    assert {each.name for each in inputs([*first, other], most=10)} == {"f", "g"}


@pytest.mark.parametrize("args", ["[1]", "f(1)", "(" * 500, "1, 2 +", "('" + "x" * 5000 + "',)"])
def test_what_is_no_tuple_of_literals_is_left(args: str) -> None:
    assert inputs([Call(path="a.py", name="f", args=args, kwargs="{}", test="t")]) == []


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(VALUES, min_size=1, max_size=3), min_size=1, max_size=4))
def test_any_literals_make_inputs_that_are_literals_and_short(many: list[list[Any]]) -> None:
    calls = [call(*args) for args in many]
    found = inputs(calls)
    assert found == inputs(calls)
    texts = [(each.args, each.kwargs) for each in found]
    assert len(set(texts)) == len(texts)
    for each in found:
        assert isinstance(ast.literal_eval(each.args), tuple)
        assert each.test or len(each.args) <= MOST_CHARS


@given(VALUES, st.integers())
def test_a_varied_value_keeps_its_type(value: Any, seed: int) -> None:
    assert type(vary(value, [value], random.Random(seed))) is type(value)
