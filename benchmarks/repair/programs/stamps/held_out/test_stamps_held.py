from itertools import combinations_with_replacement

import pytest
from stamps import fewest, smallest_impossible, ways

SETS = [[1], [2, 5], [1, 4, 5], [3, 7, 10], [6, 9, 20], [4, 6], [10, 3, 1]]


def brute(values, postage):
    for count in range(postage + 1):
        if any(sum(c) == postage for c in combinations_with_replacement(values, count)):
            return count
    return -1


@pytest.mark.parametrize("values", SETS)
def test_fewest_by_trying_all(values):
    for postage in range(13):
        assert fewest(values, postage) == brute(values, postage)


@pytest.mark.parametrize("values", SETS)
def test_ways_by_trying_all(values):
    for postage in range(13):
        all_ways = sum(
            sum(c) == postage
            for count in range(postage + 1)
            for c in combinations_with_replacement(values, count)
        )
        assert ways(values, postage) == all_ways


@pytest.mark.parametrize("values", SETS)
@pytest.mark.parametrize("count", range(4))
def test_smallest_impossible_by_trying_all(values, count):
    sums = {
        sum(c) for n in range(count + 1) for c in combinations_with_replacement(values, n)
    }
    expected = next(n for n in range(1, 200) if n not in sums)
    assert smallest_impossible(values, count) == expected


def test_order_of_values_does_not_matter():
    assert fewest([25, 10, 1], 30) == fewest([1, 10, 25], 30) == 3
    assert ways([10, 1, 5], 17) == ways([1, 5, 10], 17)
