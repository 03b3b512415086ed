import pytest
from stamps import fewest, smallest_impossible, ways


@pytest.mark.parametrize(
    "postage, count", [(0, 0), (1, 1), (4, 1), (6, 2), (8, 2), (9, 3), (11, 3)]
)
def test_fewest(postage, count):
    assert fewest([1, 3, 4], postage) == count


def test_cannot_be_made():
    assert fewest([5, 7], 6) == -1
    assert fewest([5, 7], 3) == -1


def test_last_amount_is_reached_only_in_the_end():
    assert fewest([5, 7], 12) == 2


@pytest.mark.parametrize("postage, count", [(0, 1), (1, 1), (2, 2), (5, 4), (10, 10)])
def test_ways(postage, count):
    assert ways([1, 2, 5], postage) == count


def test_smallest_impossible():
    assert smallest_impossible([1, 3], 1) == 2
    assert smallest_impossible([1, 3], 2) == 5
    assert smallest_impossible([2], 3) == 1
