from itertools import count, islice

import pytest
from windows import alternate, batches, flat, groups, sliding, until_repeated


def test_sliding():
    assert list(sliding("abcd", 2)) == [("a", "b"), ("b", "c"), ("c", "d")]
    assert list(sliding("ab", 3)) == []


def test_sliding_size():
    with pytest.raises(ValueError):
        list(sliding("ab", 0))


def test_batches():
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batches([], 2)) == []


def test_flat():
    assert list(flat([1, [2, (3, []), [[4]]], "ab"])) == [1, 2, 3, 4, "ab"]


def test_groups():
    assert list(groups([1, 3, 2, 4, 5], lambda n: n % 2)) == [
        (1, [1, 3]),
        (0, [2, 4]),
        (1, [5]),
    ]


def test_groups_of_nothing():
    assert list(groups([], len)) == []


def test_alternate():
    assert list(alternate("abc", "1", "xy")) == ["a", "1", "x", "b", "y", "c"]


def test_until_repeated():
    assert list(until_repeated([3, 1, 4, 1, 5])) == [3, 1, 4]
    assert list(until_repeated("abc")) == ["a", "b", "c"]


def test_they_are_lazy():
    assert list(islice(sliding(count(), 2), 2)) == [(0, 1), (1, 2)]
    assert next(batches(count(), 3)) == [0, 1, 2]
    assert list(islice(alternate(count(), "a"), 3)) == [0, "a", 1]
