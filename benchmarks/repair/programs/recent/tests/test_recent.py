import pytest
from recent import Recent


@pytest.fixture
def cache():
    cache = Recent(2)
    cache.put("a", 1)
    cache.put("b", 2)
    return cache


def test_get(cache):
    assert cache.get("a") == 1
    assert cache.get("x") is None
    assert cache.get("x", 9) == 9


def test_oldest_is_dropped(cache):
    cache.put("c", 3)
    assert cache.keys() == ["b", "c"]
    assert len(cache) == 2


def test_use_keeps(cache):
    cache.get("a")
    cache.put("c", 3)
    assert "a" in cache
    assert "b" not in cache


def test_put_again_keeps_and_drops_nothing(cache):
    cache.put("a", 10)
    assert cache.keys() == ["b", "a"]
    assert cache.get("a") == 10


def test_on_drop():
    dropped = []
    cache = Recent(1, on_drop=lambda key, value: dropped.append((key, value)))
    cache.put("a", 1)
    cache.put("b", 2)
    assert dropped == [("a", 1)]


def test_get_or_make(cache):
    assert cache.get_or_make("c", str.upper) == "C"
    assert cache.get("c") == "C"
    assert cache.get_or_make("c", str.lower) == "C"


def test_none_is_an_entry(cache):
    cache.put("n", None)
    assert cache.get_or_make("n", str.upper) is None


def test_ratio(cache):
    assert cache.ratio() == 0.0
    cache.get("a")
    cache.get("a")
    cache.get("x")
    cache.get("y")
    assert cache.ratio() == 0.5
    assert (cache.hits, cache.misses) == (2, 2)


def test_capacity():
    with pytest.raises(ValueError):
        Recent(0)
    assert Recent().capacity == 3
