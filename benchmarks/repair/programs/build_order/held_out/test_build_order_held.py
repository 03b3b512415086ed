import random

import pytest
from build_order import Circle, all_needed, build_order, levels


def drawn(seed):
    chance = random.Random(seed)
    names = chance.sample("abcdefgh", seed % 8 + 1)
    return {
        name: {other for other in names[:place] if chance.random() < 0.4}
        for place, name in enumerate(names)
    }


@pytest.mark.parametrize("seed", range(60))
def test_rules_of_the_order(seed):
    needs = drawn(seed)
    copy = {name: set(required) for name, required in needs.items()}
    order = build_order(needs)
    assert needs == copy
    assert sorted(order) == sorted(needs)
    for place, name in enumerate(order):
        assert needs[name] <= set(order[:place])
        could = [n for n in order[place:] if needs[n] <= set(order[:place])]
        assert name == min(could)


@pytest.mark.parametrize("seed", range(60))
def test_needed_and_levels(seed):
    needs = drawn(seed)
    depth = levels(needs)
    assert set(depth) == set(needs)
    for name, required in needs.items():
        assert depth[name] == max((depth[n] + 1 for n in required), default=0)
        expected = set(required)
        for _ in needs:
            expected |= {n for known in expected for n in needs[known]}
        assert all_needed(needs, name) == expected


@pytest.mark.parametrize("ring", range(1, 5))
def test_rings(ring):
    needs = {str(n): [str((n + 1) % ring)] for n in range(ring)} | {"x": ["0"], "y": []}
    with pytest.raises(Circle):
        build_order(needs)
    assert all_needed(needs, "x") == {str(n) for n in range(ring)}
