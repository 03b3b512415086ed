import pytest
from build_order import Circle, all_needed, build_order, levels

HOUSE = {"roof": ["walls"], "walls": ["floor", "bricks"], "floor": [], "paint": ["walls"]}


def test_order():
    assert build_order(HOUSE) == ["bricks", "floor", "walls", "paint", "roof"]


def test_by_name():
    assert build_order({"b": [], "a": [], "c": ["a"]}) == ["a", "b", "c"]


def test_nothing():
    assert build_order({}) == []


def test_circle():
    with pytest.raises(Circle, match="a, b"):
        build_order({"a": ["b"], "b": ["a"], "c": []})


def test_needs_stay_as_they_are():
    needs = {"a": {"b"}, "b": set()}
    build_order(needs)
    assert needs == {"a": {"b"}, "b": set()}


def test_all_needed():
    assert all_needed(HOUSE, "roof") == {"walls", "floor", "bricks"}
    assert all_needed(HOUSE, "bricks") == set()


def test_all_needed_in_a_circle():
    assert all_needed({"a": ["b"], "b": ["c"], "c": ["b"]}, "a") == {"b", "c"}


def test_levels():
    assert levels(HOUSE) == {"roof": 2, "walls": 1, "floor": 0, "bricks": 0, "paint": 2}
    assert levels({"c": ["a", "b"], "b": ["a"]}) == {"a": 0, "b": 1, "c": 2}
