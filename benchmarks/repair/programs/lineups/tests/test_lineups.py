import pytest
from lineups import all_groups, arrangements, choices, rounds, teams


def test_arrangements():
    assert list(arrangements([])) == [[]]
    assert list(arrangements([1, 2, 3])) == [
        [1, 2, 3],
        [1, 3, 2],
        [2, 1, 3],
        [2, 3, 1],
        [3, 1, 2],
        [3, 2, 1],
    ]


def test_teams():
    assert list(teams("abc", 2)) == [["a", "b"], ["a", "c"], ["b", "c"]]
    assert list(teams("abc", 0)) == [[]]
    assert list(teams("abc", 4)) == []
    assert list(teams("ab", 2)) == [["a", "b"]]


def test_all_groups():
    assert all_groups("ab") == [[], ["a"], ["b"], ["a", "b"]]
    assert all_groups("") == [[]]


def test_rounds():
    assert rounds("abcd") == [
        [("a", "d"), ("b", "c")],
        [("a", "c"), ("d", "b")],
        [("a", "b"), ("c", "d")],
    ]


def test_rounds_with_an_odd_number():
    schedule = rounds("abc")
    assert len(schedule) == 3
    assert all(len(pairs) == 1 for pairs in schedule)


def test_rounds_leave_the_list_alone():
    names = ["a", "b", "c"]
    rounds(names)
    assert names == ["a", "b", "c"]


@pytest.mark.parametrize(
    "n, k, count", [(4, 2, 6), (5, 0, 1), (5, 5, 1), (6, 1, 6), (3, 4, 0), (3, -1, 0), (10, 3, 120)]
)
def test_choices(n, k, count):
    assert choices(n, k) == count
