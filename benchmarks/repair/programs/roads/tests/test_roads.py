import pytest
from roads import Map, all_pairs

ROADS = [("a", "b", 7), ("a", "c", 2), ("c", "b", 3), ("b", "d", 1), ("x", "y", 1)]


@pytest.fixture
def country():
    return Map(ROADS)


def test_distances(country):
    assert country.distances("a") == {"a": 0, "c": 2, "b": 5, "d": 6}
    assert country.distances("y") == {"y": 0, "x": 1}


def test_one_way():
    assert Map(ROADS, both_ways=False).distances("b") == {"b": 0, "d": 1}


def test_way(country):
    assert country.way("a", "d") == (6, ["a", "c", "b", "d"])
    assert country.way("a", "a") == (0, ["a"])
    assert country.way("a", "x") is None


def test_centre():
    assert Map([("a", "b", 1), ("b", "c", 1), ("c", "d", 5)]).centre() == "c"
    assert Map().centre() is None


def test_all_pairs():
    table = all_pairs([("a", "b", 4), ("b", "c", -2), ("a", "c", 3), ("a", "b", 9)])
    assert table["a", "c"] == 2
    assert table["a", "b"] == 4
    assert table["a", "a"] == 0
    assert table["c", "a"] == float("inf")


def test_all_pairs_by_way_of_two():
    table = all_pairs([("a", "d", 1), ("d", "b", 1), ("b", "c", 1)])
    assert table["a", "c"] == 3
    assert all_pairs([("a", "d", 1), ("d", "c", 1), ("c", "b", 1)])["a", "b"] == 3
