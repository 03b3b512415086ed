import random
from itertools import combinations

import pytest
from luggage import best_value, chosen, even_split


def drawn(seed):
    chance = random.Random(seed)
    return [(chance.randrange(1, 7), chance.randrange(1, 10)) for _ in range(seed % 7)]


def subsets(items):
    return [c for n in range(len(items) + 1) for c in combinations(items, n)]


@pytest.mark.parametrize("seed", range(42))
@pytest.mark.parametrize("limit", [0, 3, 8, 15])
def test_by_trying_all(seed, limit):
    items = drawn(seed)
    before = list(items)
    expected = max(
        sum(worth for _, worth in c) for c in subsets(items) if sum(w for w, _ in c) <= limit
    )
    assert best_value(items, limit) == expected
    picked = chosen(items, limit)
    assert picked == sorted(set(picked))
    assert sum(items[n][0] for n in picked) <= limit
    assert sum(items[n][1] for n in picked) == expected
    assert items == before


@pytest.mark.parametrize("seed", range(42))
def test_split_by_trying_all(seed):
    weights = [weight for weight, _ in drawn(seed)]
    expected = min(abs(sum(weights) - 2 * sum(c)) for c in subsets(weights))
    assert even_split(weights) == expected
