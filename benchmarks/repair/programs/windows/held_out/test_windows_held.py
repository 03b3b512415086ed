from itertools import chain, count, groupby, islice

import pytest
from windows import alternate, batches, flat, groups, sliding, until_repeated


@pytest.mark.parametrize("length", range(8))
@pytest.mark.parametrize("size", range(1, 5))
def test_by_slices(length, size):
    items = list(range(length))
    assert list(sliding(iter(items), size)) == [
        tuple(items[n : n + size]) for n in range(length - size + 1)
    ]
    assert list(batches(iter(items), size)) == [items[n : n + size] for n in range(0, length, size)]


@pytest.mark.parametrize("items", ["", "a", "aab", "abba", "aaa", "abcabc", "aabbccdd"])
def test_like_groupby(items):
    assert list(groups(items, str.upper)) == [(k, list(g)) for k, g in groupby(items, str.upper)]
    seen = []
    for item in items:
        if item in seen:
            break
        seen.append(item)
    assert list(until_repeated(items)) == seen


def test_group_members_are_separate():
    pairs = list(groups([1, 1, 2, 2, 3], lambda n: n))
    assert pairs == [(1, [1, 1]), (2, [2, 2]), (3, [3])]


def test_groups_with_none_as_key():
    assert list(groups([1, 2], lambda n: None)) == [(None, [1, 2])]


@pytest.mark.parametrize("depth", range(6))
def test_flat_at_any_depth(depth):
    nested = [7]
    for _ in range(depth):
        nested = [nested, depth]
    assert list(flat(nested)) == [7] + [depth] * depth
    assert list(flat((nested, [nested]))) == ([7] + [depth] * depth) * 2


@pytest.mark.parametrize("sources", [(), ("",), ("ab", ""), ("", "ab", "cde"), ("abc", "de", "f")])
def test_alternate_by_columns(sources):
    longest = max(map(len, sources), default=0)
    columns = [[s[n] for s in sources if n < len(s)] for n in range(longest)]
    assert list(alternate(*sources)) == list(chain(*columns))


def test_laziness():
    assert next(sliding(count(5), 3)) == (5, 6, 7)
    assert list(islice(flat([[n] for n in range(3)]), 2)) == [0, 1]
    assert list(islice(until_repeated(count()), 4)) == [0, 1, 2, 3]


@pytest.mark.parametrize("size", [0, -2])
def test_sizes_below_one(size):
    with pytest.raises(ValueError):
        next(sliding([1], size))


def test_flat_tuples():
    assert list(flat(((1, (2,)), [(3,)]))) == [1, 2, 3]
    assert list(flat(("ab", ["cd"]))) == ["ab", "cd"]
