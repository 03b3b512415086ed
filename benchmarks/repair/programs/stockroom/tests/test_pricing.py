import pytest
from stockroom.errors import Invalid
from stockroom.pricing import Campaign, percent_of, shared


@pytest.mark.parametrize("cents, percent, part", [(100, 15, 15), (50, 5, 3), (49, 5, 2), (-50, 5, -3), (0, 9, 0)])
def test_percent_of(cents, percent, part):
    assert percent_of(cents, percent) == part


def test_steps(prices):
    prices.add_steps("APP-001", (50, 20), (10, 5))
    assert [prices.step_percent("APP-001", n) for n in (1, 9, 10, 49, 50, 99)] == [0, 0, 5, 5, 20, 20]
    assert prices.step_percent("APP-002", 99) == 0


def test_steps_for_all_others(prices):
    prices.add_steps("", (10, 5))
    prices.add_steps("APP-001", (20, 7))
    assert prices.step_percent("BRD-001", 10) == 5
    assert prices.step_percent("APP-001", 10) == 0


def test_steps_must_rise(prices):
    with pytest.raises(Invalid):
        prices.add_steps("", (10, 5), (20, 5))


@pytest.mark.parametrize("percent, first, last", [(0, 1, 2), (101, 1, 2), (10, 3, 2)])
def test_bad_campaigns(percent, first, last):
    with pytest.raises(Invalid):
        Campaign("x", percent, first, last)


@pytest.mark.parametrize(
    "more, code, customer, day, applies",
    [
        ({}, "APP-001", "ann", 3, True),
        ({}, "APP-001", "ann", 5, True),
        ({}, "APP-001", "ann", 2, False),
        ({}, "APP-001", "ann", 6, False),
        ({"group": "food"}, "APP-001", "ann", 3, True),
        ({"group": "food/fruit"}, "BRD-001", "ann", 3, False),
        ({"group": "foo"}, "BRD-001", "ann", 3, False),
        ({"code": "APP-002"}, "APP-001", "ann", 3, False),
        ({"customers": frozenset({"bob"})}, "APP-001", "ann", 3, False),
        ({"customers": frozenset({"bob"})}, "APP-001", "bob", 3, True),
    ],
)
def test_applies(catalog, more, code, customer, day, applies):
    assert Campaign("x", 10, 3, 5, **more).applies(catalog.get(code), customer, day) is applies


def test_best_campaign(catalog, prices):
    prices.campaigns = [Campaign("a", 10, 0, 9), Campaign("b", 30, 0, 9), Campaign("c", 30, 0, 9)]
    assert prices.campaign(catalog.get("APP-001"), "", 1).name == "b"
    assert prices.campaign(catalog.get("APP-001"), "", 10) is None


def test_unit_price(catalog, prices):
    bread = catalog.get("BRD-001")
    assert prices.unit_price(bread) == 320
    prices.add_steps("", (10, 10))
    assert prices.unit_price(bread, 10) == 288
    prices.campaigns = [Campaign("half", 50, 0, 9)]
    assert prices.unit_price(bread, 10, day=1) == 144


def test_special_price(catalog, prices):
    prices.special["ann", "BRD-001"] = 0
    prices.campaigns = [Campaign("half", 50, 0, 9)]
    assert prices.unit_price(catalog.get("BRD-001"), customer="ann") == 0
    assert prices.unit_price(catalog.get("BRD-001"), customer="bob") == 160


def test_total(catalog, prices):
    lines = [(catalog.get("APP-001"), 3), (catalog.get("BRD-001"), 1)]
    assert prices.total(lines) == (470, 47, 517)
    assert prices.total([]) == (0, 0, 0)


@pytest.mark.parametrize(
    "cents, weights, parts", [(100, [1, 1, 1], [34, 33, 33]), (10, [3, 1], [8, 2]), (7, [0, 1], [0, 7]), (0, [1, 2], [0, 0])]
)
def test_shared(cents, weights, parts):
    assert shared(cents, weights) == parts


def test_shared_by_nothing():
    with pytest.raises(Invalid):
        shared(5, [0, 0])
