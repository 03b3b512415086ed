import pytest
from skyline import best_stretch, largest_poster, longest_rise, next_higher, rain, visible


def test_next_higher():
    assert next_higher([3, 1, 2, 5, 4]) == [3, 2, 3, -1, -1]
    assert next_higher([2, 2, 3]) == [2, 2, -1]
    assert next_higher([]) == []


@pytest.mark.parametrize(
    "heights, water", [([3, 0, 2], 2), ([2, 0, 2, 0, 3], 4), ([1, 2, 3], 0), ([], 0), ([4, 1, 3, 1, 5], 7)]
)
def test_rain(heights, water):
    assert rain(heights) == water


@pytest.mark.parametrize(
    "heights, area", [([2, 1, 5, 6, 2, 3], 10), ([2, 2, 2], 6), ([1, 2, 3], 4), ([3, 2, 1], 4), ([], 0)]
)
def test_largest_poster(heights, area):
    assert largest_poster(heights) == area


@pytest.mark.parametrize(
    "changes, total", [([1, -2, 3, 4, -1], 7), ([-3, -1, -2], -1), ([5], 5), ([2, -1, 2], 3)]
)
def test_best_stretch(changes, total):
    assert best_stretch(changes) == total


@pytest.mark.parametrize(
    "heights, length", [([3, 1, 4, 1, 5], 3), ([2, 2, 2], 1), ([], 0), ([1, 5, 2, 3, 4], 4)]
)
def test_longest_rise(heights, length):
    assert longest_rise(heights) == length


def test_visible():
    assert visible([1, 3, 2, 3, 5]) == [0, 1, 4]
    assert visible([0, 0]) == []
