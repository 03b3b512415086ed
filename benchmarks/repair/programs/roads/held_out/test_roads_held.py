import random

import pytest
from roads import Map, all_pairs


def drawn(seed):
    chance = random.Random(seed)
    names = "abcdef"
    return [
        (*chance.sample(names, 2), chance.randrange(1, 10)) for _ in range(seed % 10 + 1)
    ]


def slow(roads, start):
    known = {start: 0}
    for _ in range(10):
        for a, b, length in roads:
            if a in known and known[a] + length < known.get(b, 10**6):
                known[b] = known[a] + length
    return known


@pytest.mark.parametrize("seed", range(60))
def test_by_relaxing(seed):
    unique = list({(a, b): (a, b, n) for a, b, n in drawn(seed)}.values())
    country = Map(unique, both_ways=False)
    table = all_pairs(unique)
    for start in country.roads:
        known = slow(unique, start)
        assert country.distances(start) == known
        for goal in country.roads:
            way = country.way(start, goal)
            assert table[start, goal] == known.get(goal, float("inf"))
            if goal not in known:
                assert way is None
                continue
            length, places = way
            assert length == known[goal]
            assert places[0] == start and places[-1] == goal
            assert length == sum(country.roads[a][b] for a, b in zip(places, places[1:]))


@pytest.mark.parametrize("seed", range(40))
def test_centre_by_trying(seed):
    roads = {frozenset((a, b)): (a, b, n) for a, b, n in drawn(seed)}.values()
    country = Map(roads)
    both = [*roads, *((b, a, n) for a, b, n in roads)]
    far = {place: max(slow(both, place).values()) for place in country.roads}
    assert country.centre() == min(far, key=lambda place: (far[place], place))


@pytest.mark.parametrize("seed", range(30))
def test_parallel_roads_take_the_shortest(seed):
    roads = drawn(seed) + drawn(seed + 1)
    table = all_pairs(roads)
    for start in {a for a, _, _ in roads}:
        for goal, length in slow(roads, start).items():
            assert table[start, goal] == length
