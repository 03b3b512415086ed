import pytest
from islands import Groups, cheapest_net, filled, islands


def test_groups():
    groups = Groups()
    assert groups.join(1, 2)
    assert groups.join(3, 4)
    assert not groups.together(1, 3)
    assert groups.join(2, 3)
    assert not groups.join(1, 4)
    assert groups.together(1, 4)
    assert groups.size(3) == 4
    assert groups.count() == 1


def test_strangers():
    groups = Groups()
    assert not groups.together("a", "b")
    assert groups.count() == 2
    assert groups.size("a") == 1


def test_islands():
    chart = ["##..", ".#.#", "...#", "#..."]
    assert islands(chart) == [3, 2, 1]
    assert islands(["...", "..."]) == []
    assert islands(["#.", ".#"]) == [1, 1]
    assert islands(["oo"], land="o") == [2]


def test_cheapest_net():
    cables = [(4, "a", "b"), (1, "b", "c"), (2, "a", "c"), (7, "c", "d")]
    assert cheapest_net(cables) == (10, 3)
    assert cheapest_net([]) == (0, 0)


def test_filled():
    assert filled(["..#", ".#.", "..."], 0, 0, "o") == ["oo#", "o#o", "ooo"]
    assert filled(["..", ".."], 1, 1, ".") == ["..", ".."]
    assert filled(["#.#"], 0, 0, "x") == ["x.#"]
