import random

import pytest
from rings import Tree


def drawn(seed):
    return random.Random(seed).sample(range(20), seed % 13)


@pytest.mark.parametrize("seed", range(52))
def test_like_a_dict(seed):
    tree, model = Tree(), {}
    for number, key in enumerate(drawn(seed) + drawn(seed)[::3]):
        tree.put(key, number)
        model[key] = number
        assert tree.size == len(model)
    assert list(tree.items()) == sorted(model.items())
    for key in range(-1, 21):
        assert tree.get(key, "no") == model.get(key, "no")
        assert tree.floor(key) == max((k for k in model if k <= key), default=None)
        for high in (key, key + 4, key - 1):
            assert tree.between(key, high) == sorted(k for k in model if key <= k <= high)


@pytest.mark.parametrize("seed", range(30))
def test_height_is_the_longest_way_down(seed):
    tree = Tree()
    depth = {}
    for key in drawn(seed):
        tree.put(key, None)
        left = max((k for k in depth if k < key), default=None)
        right = min((k for k in depth if k > key), default=None)
        depth[key] = 1 + max(depth.get(left, 0), depth.get(right, 0))
    assert tree.height() == max(depth.values(), default=0)
