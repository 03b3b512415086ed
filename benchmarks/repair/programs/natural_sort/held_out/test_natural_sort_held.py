import random

import pytest
from natural_sort import merged, natural_sort, runs

LISTS = [random.Random(seed).choices(range(12), k=seed % 17) for seed in range(60)]


@pytest.mark.parametrize("items", LISTS)
def test_like_sorted(items):
    before = list(items)
    assert natural_sort(items) == sorted(items)
    assert items == before


@pytest.mark.parametrize("items", LISTS)
def test_runs_join_to_the_whole_and_cannot_be_longer(items):
    parts = runs(items)
    assert [item for part in parts for item in part] == items
    assert all(part == sorted(part) and part for part in parts)
    assert all(a[-1] > b[0] for a, b in zip(parts, parts[1:]))


@pytest.mark.parametrize("seed", range(20))
def test_merged_like_sorted(seed):
    chance = random.Random(seed)
    left = sorted(chance.choices(range(9), k=chance.randrange(8)))
    right = sorted(chance.choices(range(9), k=chance.randrange(8)))
    tagged = merged([(n, "l") for n in left], [(n, "r") for n in right])
    assert tagged == sorted(tagged)
    assert merged(left, right) == sorted(left + right)
