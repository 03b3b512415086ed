"""Which patch is taken; nothing is run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.repair.behaviours import Table
from gatewright.repair.inputs import Invocation
from gatewright.repair.mutate import Candidate
from gatewright.repair.naturalness import Traits, traits
from gatewright.repair.patch import Patch, single
from gatewright.repair.ranking import difference, rank, text_value

CODE = """\
LIMIT = 7


def f(items, low, high):
    total = 0
    for item in items:
        if item < low:
            continue
        total += item
    return total + low
"""


def patch(old: str, new: str) -> Patch:
    start = CODE.index(old)
    line = CODE.count("\n", 0, start) + 1
    return single(
        Candidate("lib.py", start, start + len(old), old.encode(), new.encode(), line, 1, 0.5)
    )


def of(old: str, new: str, *given: str) -> Traits:
    return traits(patch(old, new), {"lib.py": CODE.encode()}, given)


def table(*rows: str, weights: tuple[float, ...] = ()) -> Table:
    """By patch the behaviours, a letter an input."""
    each = weights or (1.0,) * len(rows[0])
    made = [Invocation("lib.py", "f", f"({n},)", "{}", weight) for n, weight in enumerate(each)]
    return Table(inputs=made, before=["?"] * len(made), after=[list(row) for row in rows])


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (("item < low", "item > low"), ("item < low", "False")),
        (("item < low", "item <= low"), ("item < low", "item < low and item != 93")),
        (("total + low", "total + high"), ("total + low", "total - low")),
        (("item < low", "item <= low"), ("        if item < low:\n            continue\n", "")),
        (("item < low", "low < item"), ("item < low", "item < item")),
        (("total = 0", "total = 1"), ("total = 0", "total = 8317")),
        (("total = 0", "total = 1"), ("total = 0", "total = 2")),
        (("total = 0", "total = LIMIT"), ("total = 0", "total = LIMIT - low + low * 2")),
    ],
)
def test_the_more_natural_text_is_worth_more(
    better: tuple[str, str], worse: tuple[str, str]
) -> None:
    assert text_value(0.5, of(*better)) > text_value(0.5, of(*worse))


def test_a_constant_of_the_tests_is_special() -> None:
    assert of("item < low", "item == 5", "5").special == 1
    assert of("item < low", "item == 0", "0").special == 0


def test_the_majority_on_inputs_is_taken() -> None:
    assert rank([0.0, 0.0, 0.0], table("ab", "aa", "aa"))[0].place == 1


def test_what_tests_give_counts_more_than_what_is_made_up() -> None:
    found = rank([0.0] * 4, table("ax", "ax", "bx", "by", weights=(0.1, 1.0)))
    assert [each.place for each in found][-1] == 3


def test_an_odd_end_is_worse_than_a_value() -> None:
    rows = table("ab", "ab")
    odd = Table(
        inputs=rows.inputs, before=rows.before, after=[["a", "raises IndexError"], ["a", "b"]]
    )
    assert rank([0.0, 0.0], odd)[0].place == 1


def test_the_first_is_taken_where_nothing_tells_them_apart() -> None:
    assert [each.place for each in rank([0.0, 0.0], table("ab", "ab"))] == [0, 1]
    assert [
        each.place for each in rank([0.0, 0.0], Table(inputs=(), before=(), after=[(), ()]))
    ] == [
        0,
        1,
    ]


def test_the_plainest_difference_is_told() -> None:
    rows = table("abc", "axy", weights=(1.0, 0.2, 0.5))
    assert difference(rows, 0, 1) == 2
    assert difference(rows, 0, 0) is None


@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(
            st.text("ab", min_size=width, max_size=width), min_size=1, max_size=6
        )
    )
)
def test_every_patch_has_a_rank_and_clusters_are_of_one_behaviour(rows: list[str]) -> None:
    found = rank([0.0] * len(rows), table(*rows))
    assert sorted(each.place for each in found) == list(range(len(rows)))
    for one in found:
        for other in found:
            assert (one.cluster == other.cluster) == (rows[one.place] == rows[other.place])


def test_a_patch_that_newly_changes_its_arguments_is_worse() -> None:
    rows = table("aa", "aa")
    spoiling = [["a, leaves (([1, 1],), {})", "a"], ["b", "a"]]
    found = rank([0.5, 0.0], Table(inputs=rows.inputs, before=["a", "a"], after=spoiling))
    assert found[0].place == 1
