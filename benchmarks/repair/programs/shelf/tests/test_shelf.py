import pytest
from shelf import count_between, first_at_least, holds, missing, nearest


@pytest.mark.parametrize(
    "wanted, place", [(0, 0), (2, 0), (3, 1), (5, 2), (8, 3), (9, 4)]
)
def test_first_at_least(wanted, place):
    assert first_at_least([2, 4, 7, 8], wanted) == place


def test_first_of_equals():
    assert first_at_least([1, 3, 3, 3, 5], 3) == 1


def test_holds():
    assert holds([1, 4, 6], 4)
    assert not holds([1, 4, 6], 5)
    assert not holds([1, 4, 6], 9)


def test_nearest():
    assert nearest([10, 20, 30], 14) == 10
    assert nearest([10, 20, 30], 16) == 20
    assert nearest([10, 20, 30], 15) == 10


def test_nearest_at_the_ends():
    assert nearest([10, 20], 3) == 10
    assert nearest([10, 20], 99) == 20


def test_nearest_of_nothing():
    assert nearest([], 3) is None


def test_missing():
    assert missing([3, 4, 7, 9]) == [5, 6, 8]
    assert missing([5]) == []


def test_count_between():
    assert count_between([1, 3, 5, 7], 3, 5) == 2
    assert count_between([1, 3, 5, 7], 2, 6) == 2
    assert count_between([1, 3, 5, 7], 8, 2) == 0
