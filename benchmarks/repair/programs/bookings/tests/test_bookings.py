import pytest
from bookings import fits, free, merged, overlap, rooms_needed


def test_merged():
    assert merged([(5, 7), (1, 3), (2, 4)]) == [(1, 4), (5, 7)]
    assert merged([(1, 9), (2, 3), (8, 10)]) == [(1, 10)]
    assert merged([(1, 2), (2, 3)]) == [(1, 3)]
    assert merged([]) == []


def test_free():
    assert free([(9, 10), (12, 14)], 8, 18) == [(8, 9), (10, 12), (14, 18)]
    assert free([], 8, 18) == [(8, 18)]
    assert free([(7, 9)], 8, 12) == [(9, 12)]
    assert free([(9, 20)], 8, 12) == [(8, 9)]
    assert free([(8, 12)], 8, 12) == []


def test_free_of_bookings_after_closing():
    assert free([(13, 14)], 8, 12) == [(8, 12)]


@pytest.mark.parametrize(
    "first, second, shared",
    [((1, 5), (3, 9), 2), ((1, 3), (3, 4), 0), ((1, 2), (5, 9), 0), ((1, 9), (3, 4), 1)],
)
def test_overlap(first, second, shared):
    assert overlap(first, second) == shared


def test_rooms_needed():
    assert rooms_needed([(1, 4), (2, 5), (3, 6)]) == 3
    assert rooms_needed([(1, 2), (2, 3)]) == 1
    assert rooms_needed([(1, 3), (5, 8), (6, 7)]) == 2
    assert rooms_needed([]) == 0


def test_fits():
    assert fits([(1, 3), (5, 6)], 3, 5)
    assert not fits([(1, 3)], 2, 4)
    assert not fits([(1, 9)], 2, 4)
    assert fits([], 0, 1)
