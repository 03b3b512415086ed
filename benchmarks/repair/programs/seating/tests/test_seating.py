import pytest
from seating import hanoi, queens, seat, sums_to


def test_seat():
    assert seat("abcd", [("a", "b")], 2, 2) == [["a", "c"], ["b", "d"]]
    assert seat("abc", [], 2, 2) == [["a", "b"], ["c"]]


def test_seat_goes_back():
    plan = seat("abcd", [("c", "a"), ("d", "b"), ("c", "d")], 2, 2)
    assert plan == [["a", "d"], ["b", "c"]]


def test_no_seat():
    assert seat("abc", [("a", "b"), ("b", "c"), ("a", "c")], 2, 3) is None
    assert seat("abc", [], 1, 2) is None


@pytest.mark.parametrize("size, ways", [(1, 1), (2, 0), (3, 0), (4, 2), (5, 10), (6, 4)])
def test_queens(size, ways):
    assert queens(size) == ways


def test_hanoi():
    assert hanoi(0) == []
    assert hanoi(1) == [("a", "c")]
    assert hanoi(2) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert len(hanoi(5)) == 31


def test_sums_to():
    assert sums_to([3, 1, 2, 4], 5) == [[3, 2], [1, 4]]
    assert sums_to([2, 2], 2) == [[2], [2]]
    assert sums_to([5], 3) == []
    assert sums_to([1], 0) == [[]]
