import random

import pytest
from islands import Groups, cheapest_net, filled, islands


@pytest.mark.parametrize("seed", range(60))
def test_groups_like_sets(seed):
    chance = random.Random(seed)
    groups, model = Groups(), {n: {n} for n in range(10)}
    for n in model:
        groups.find(n)
    for _ in range(12):
        a, b = chance.randrange(10), chance.randrange(10)
        apart = model[a] is not model[b]
        assert groups.join(a, b) is apart
        if apart:
            union = model[a] | model[b]
            for n in union:
                model[n] = union
        for n in range(10):
            assert groups.size(n) == len(model[n])
            assert groups.together(a, n) is (n in model[a])
        assert groups.count() == len({id(s) for s in model.values()})


def chart_of(seed):
    chance = random.Random(seed)
    width = chance.randrange(1, 6)
    return ["".join(chance.choices("#.", k=width)) for _ in range(chance.randrange(1, 6))]


def area(chart, r, c):
    found, size = {(r, c)}, 0
    while len(found) != size:
        size = len(found)
        found |= {
            (a + x, b + y)
            for a, b in found
            for x, y in ((0, 1), (1, 0), (0, -1), (-1, 0))
            if 0 <= a + x < len(chart)
            and 0 <= b + y < len(chart[0])
            and chart[a + x][b + y] == chart[r][c]
        }
    return frozenset(found)


@pytest.mark.parametrize("seed", range(60))
def test_islands_and_paint_by_growing(seed):
    chart = chart_of(seed)
    places = [(r, c) for r in range(len(chart)) for c in range(len(chart[0]))]
    pieces = {area(chart, r, c) for r, c in places if chart[r][c] == "#"}
    assert islands(chart) == sorted(map(len, pieces), reverse=True)
    for r, c in places[::3]:
        for paint in "o#.":
            grown = area(chart, r, c)
            expected = [
                "".join(paint if (a, b) in grown else chart[a][b] for b in range(len(chart[0])))
                for a in range(len(chart))
            ]
            assert filled(chart, r, c, paint) == expected


@pytest.mark.parametrize("seed", range(40))
def test_net_is_least(seed):
    chance = random.Random(seed)
    cables = [(chance.randrange(1, 9), a, b) for a in range(5) for b in range(a) if chance.random() < 0.7]
    joined, total = {0: {n} for n in ()}, 0
    parts = [{n} for n in {x for _, a, b in cables for x in (a, b)}]
    used = 0
    for length, a, b in sorted(cables, key=lambda cable: cable[0]):
        first = next(p for p in parts if a in p)
        second = next(p for p in parts if b in p)
        if first is not second:
            parts.remove(second)
            first |= second
            total += length
            used += 1
    assert cheapest_net(cables) == (total, used)
