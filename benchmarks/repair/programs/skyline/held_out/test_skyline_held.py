import random
from itertools import combinations

import pytest
from skyline import best_stretch, largest_poster, longest_rise, next_higher, rain, visible

ROWS = [random.Random(seed).choices(range(6), k=seed % 9) for seed in range(70)]


@pytest.mark.parametrize("heights", ROWS)
def test_by_looking_at_all(heights):
    size = range(len(heights))
    assert next_higher(heights) == [
        next((k for k in size if k > n and heights[k] > heights[n]), -1) for n in size
    ]
    assert rain(heights) == sum(
        min(max(heights[: n + 1]), max(heights[n:])) - heights[n] for n in size
    )
    stretches = [heights[a : b + 1] for a in size for b in size if a <= b]
    assert largest_poster(heights) == max((min(s) * len(s) for s in stretches), default=0)
    assert visible(heights) == [n for n in size if heights[n] > max([0, *heights[:n]])]
    rises = [
        count
        for count in range(len(heights) + 1)
        if any(
            all(a < b for a, b in zip(choice, choice[1:]))
            for choice in combinations(heights, count)
        )
    ]
    assert longest_rise(heights) == max(rises)


@pytest.mark.parametrize("heights", [row for row in ROWS if row])
@pytest.mark.parametrize("less", [0, 3, 9])
def test_best_stretch_by_looking_at_all(heights, less):
    changes = [height - less for height in heights]
    before = list(changes)
    sums = [sum(changes[a:b]) for b in range(len(changes) + 1) for a in range(b)]
    assert best_stretch(changes) == max(sums)
    assert changes == before
