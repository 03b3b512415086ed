import random

import pytest
from bookings import fits, free, merged, overlap, rooms_needed


def drawn(seed):
    chance = random.Random(seed)
    starts = [chance.randrange(20) for _ in range(seed % 7)]
    return [(start, start + chance.randrange(1, 7)) for start in starts]


def hours(bookings):
    return {hour for start, end in bookings for hour in range(start, end)}


SEEDS = range(50)


@pytest.mark.parametrize("seed", SEEDS)
def test_merged_covers_the_same_hours_apart(seed):
    bookings = drawn(seed)
    joined = merged(bookings)
    assert hours(joined) == hours(bookings)
    assert all(a[1] < b[0] for a, b in zip(joined, joined[1:]))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("opens, closes", [(0, 26), (4, 12), (10, 11)])
def test_free_is_the_rest(seed, opens, closes):
    bookings = drawn(seed)
    gaps = free(bookings, opens, closes)
    assert hours(gaps) == set(range(opens, closes)) - hours(bookings)
    assert all(start < end for start, end in gaps)
    assert all(a[1] < b[0] for a, b in zip(gaps, gaps[1:]))


@pytest.mark.parametrize("seed", SEEDS)
def test_rooms_by_the_hour(seed):
    bookings = drawn(seed)
    most = max((sum(s <= h < e for s, e in bookings) for h in range(30)), default=0)
    assert rooms_needed(bookings) == most


@pytest.mark.parametrize("seed", range(1, 50))
def test_overlap_and_fits_by_the_hour(seed):
    bookings = drawn(seed)
    for start in range(0, 20, 3):
        new = (start, start + 4)
        for booking in bookings:
            assert overlap(booking, new) == len(hours([booking]) & hours([new]))
        assert fits(bookings, *new) is not bool(hours(bookings) & hours([new]))
