import random

import pytest
from shelf import count_between, first_at_least, holds, missing, nearest

SHELVES = [sorted(random.Random(seed).choices(range(30), k=seed % 9)) for seed in range(40)]


@pytest.mark.parametrize("numbers", SHELVES)
def test_first_at_least_is_a_count(numbers):
    for wanted in range(-1, 32):
        assert first_at_least(numbers, wanted) == sum(n < wanted for n in numbers)


@pytest.mark.parametrize("numbers", SHELVES)
def test_holds_is_membership(numbers):
    for wanted in range(-1, 32):
        assert holds(numbers, wanted) is (wanted in numbers)


@pytest.mark.parametrize("numbers", SHELVES)
def test_nearest_by_looking_at_all(numbers):
    for wanted in range(-1, 32):
        expected = min(numbers, key=lambda n: (abs(n - wanted), n), default=None)
        assert nearest(numbers, wanted) == expected


@pytest.mark.parametrize("numbers", SHELVES)
def test_missing_by_looking_at_all(numbers):
    known = sorted(set(numbers))
    expected = [n for n in range(known[0], known[-1]) if n not in known] if known else []
    assert missing(known) == expected


@pytest.mark.parametrize("numbers", SHELVES)
def test_count_by_looking_at_all(numbers):
    for low in range(-1, 31, 3):
        for high in range(-1, 31, 4):
            assert count_between(numbers, low, high) == sum(low <= n <= high for n in numbers)
