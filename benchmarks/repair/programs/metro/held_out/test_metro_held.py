import random

import pytest
from metro import network, route, stops, within


def drawn(seed):
    chance = random.Random(seed)
    names = "abcdefghij"
    return [chance.sample(names, chance.randrange(2, 5)) for _ in range(seed % 4 + 2)]


def distances(links, start):
    """By relaxing every link until nothing changes."""
    known = {start: 0}
    for _ in range(20):
        for here, others in links.items():
            for there in others:
                if here in known:
                    known[there] = min(known.get(there, 99), known[here] + 1)
    return known


@pytest.mark.parametrize("seed", range(40))
def test_all_pairs(seed):
    links = network(drawn(seed))
    for start in links:
        known = distances(links, start)
        for goal in "abcdefghij":
            assert stops(links, start, goal) == known.get(goal)
            way = route(links, start, goal)
            assert len(way) == (known[goal] + 1 if goal in known else 0)
            if way:
                assert way[0] == start and way[-1] == goal
                assert all(b in links[a] for a, b in zip(way, way[1:]))
        for distance in range(4):
            assert within(links, start, distance) == {
                s for s, d in known.items() if d <= distance
            }


@pytest.mark.parametrize("seed", range(20))
def test_network_is_symmetric_and_complete(seed):
    lines = drawn(seed)
    links = network(lines)
    pairs = {(a, b) for line in lines for a, b in zip(line, line[1:])}
    assert {(a, b) for a in links for b in links[a]} == pairs | {(b, a) for a, b in pairs}


def test_unknown_station():
    assert stops({}, "a", "b") is None
    assert route({}, "a", "b") == []
    assert within({}, "a", 2) == {"a"}
