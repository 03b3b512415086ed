import pytest
from metro import network, route, stops, within

LINKS = network(["abcde", "xcy", "ywe", "pq"])


def test_network_goes_both_ways():
    assert network(["ab", "bc"]) == {"a": {"b"}, "b": {"a", "c"}, "c": {"b"}}


@pytest.mark.parametrize(
    "goal, count", [("a", 0), ("b", 1), ("e", 4), ("y", 3), ("w", 4), ("p", None)]
)
def test_stops(goal, count):
    assert stops(LINKS, "a", goal) == count


def test_route():
    assert route(LINKS, "x", "e") == ["x", "c", "d", "e"]


def test_route_to_itself():
    assert route(LINKS, "a", "a") == ["a"]


def test_no_route():
    assert route(LINKS, "a", "q") == []


def test_within():
    assert within(LINKS, "c", 0) == {"c"}
    assert within(LINKS, "c", 1) == {"b", "c", "d", "x", "y"}
    assert within(LINKS, "p", 5) == {"p", "q"}
