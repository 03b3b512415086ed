import random

import pytest
from recent import Recent


@pytest.mark.parametrize("seed", range(80))
def test_like_a_list_of_pairs(seed):
    chance = random.Random(seed)
    capacity = seed % 4 + 1
    dropped, expected_drops = [], []
    cache = Recent(capacity, on_drop=lambda *entry: dropped.append(entry))
    model, hits, misses = [], 0, 0
    for step in range(40):
        key = chance.choice("abcdef")
        held = dict(model)
        if chance.random() < 0.5:
            assert cache.get(key, "none") == held.get(key, "none")
            if key in held:
                hits += 1
                model = [e for e in model if e[0] != key] + [(key, held[key])]
            else:
                misses += 1
        else:
            cache.put(key, step)
            model = [e for e in model if e[0] != key] + [(key, step)]
            if len(model) > capacity:
                expected_drops.append(model.pop(0))
        assert cache.keys() == [k for k, _ in model]
        assert len(cache) == len(model)
        assert all((k in cache) is (k in dict(model)) for k in "abcdef")
    assert (cache.hits, cache.misses) == (hits, misses)
    assert cache.ratio() == hits / (hits + misses)
    assert dropped == expected_drops


def test_make_is_called_once_a_key():
    calls = []

    def make(key):
        calls.append(key)
        return None

    cache = Recent(2)
    for key in "abab":
        assert cache.get_or_make(key, make) is None
    assert calls == ["a", "b"]
    cache.get_or_make("c", make)
    cache.get_or_make("a", make)
    assert calls == ["a", "b", "c", "a"]


@pytest.mark.parametrize("capacity", [0, -1])
def test_capacity_below_one(capacity):
    with pytest.raises(ValueError):
        Recent(capacity)


def test_falsy_keys_and_values():
    cache = Recent(2)
    cache.put(0, 0)
    assert 0 in cache and cache.get(0, 7) == 0 and cache.get_or_make(0, str) == 0


def test_defaults():
    cache = Recent()
    assert cache.ratio() == 0
    for key in "abcd":
        cache.put(key, key)
    assert cache.keys() == ["b", "c", "d"]
