import os
import random
from functools import lru_cache

import pytest
from typo import common_prefix, distance, suggest, swapped_letters


@lru_cache(maxsize=None)
def slow(first, second):
    if not first or not second:
        return len(first) + len(second)
    if first[0] == second[0]:
        return slow(first[1:], second[1:])
    return 1 + min(slow(first[1:], second), slow(first, second[1:]), slow(first[1:], second[1:]))


def words(seed, count):
    chance = random.Random(seed)
    return ["".join(chance.choices("abc", k=chance.randrange(6))) for _ in range(count)]


@pytest.mark.parametrize("seed", range(40))
def test_distance_by_definition(seed):
    for first in words(seed, 5):
        for second in words(seed + 100, 5):
            assert distance(first, second) == slow(first, second)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("limit", [0, 1, 2, 3])
def test_suggest_by_definition(seed, limit):
    known = sorted(set(words(seed, 12)))
    word = words(seed + 7, 1)[0]
    expected = sorted((slow(word, k), k) for k in known if slow(word, k) <= limit)
    assert suggest(word, known[::-1], limit) == [k for _, k in expected]
    if limit == 2:
        assert suggest(word, known) == suggest(word, known, 2)


@pytest.mark.parametrize("seed", range(40))
def test_prefix_like_the_library(seed):
    some = ["ab" * (seed % 2) + word for word in words(seed, seed % 5)]
    assert common_prefix(some) == os.path.commonprefix(some)


@pytest.mark.parametrize("seed", range(30))
def test_swaps_by_trying(seed):
    for first in words(seed, 4):
        for second in [*words(seed + 50, 6), first[1:2] + first[:1] + first[2:], first]:
            swaps = [
                first[:n] + first[n + 1] + first[n] + first[n + 2 :] for n in range(len(first) - 1)
            ]
            assert swapped_letters(first, second) is (first != second and second in swaps)
