import pytest
from stockroom.errors import Invalid, Unknown
from stockroom.purchasing import Offer, Rule, forecast


@pytest.mark.parametrize("amount, packs", [(1, 1), (12, 1), (13, 2), (24, 2)])
def test_packs(amount, packs):
    assert Offer("s", "APP-001", 5, pack=12).packs_for(amount) == packs


def test_least():
    offer = Offer("s", "APP-001", 5, pack=10, least=25)
    assert offer.packs_for(1) == 3
    assert offer.cost_of(1) == 150


@pytest.mark.parametrize("point, level", [(5, 5), (6, 5), (-1, 5)])
def test_bad_rules(point, level):
    with pytest.raises(Invalid):
        Rule("APP-001", point, level)


def test_bad_offers(buyer):
    with pytest.raises(Unknown):
        buyer.add_offer(Offer("s", "ZZZ-999", 5))
    with pytest.raises(Invalid):
        buyer.add_offer(Offer("s", "APP-001", 5, pack=0))


@pytest.fixture
def offered(buyer):
    buyer.add_offer(Offer("big", "APP-001", 4, pack=100, days=5))
    buyer.add_offer(Offer("small", "APP-001", 6, days=2))
    buyer.add_offer(Offer("fast", "APP-001", 6, days=1))
    return buyer


def test_best_offer(offered):
    assert offered.best_offer("APP-001", 10).supplier == "fast"
    assert offered.best_offer("APP-001", 90).supplier == "big"
    assert offered.best_offer("APP-001", 90, within=2).supplier == "fast"
    with pytest.raises(Unknown):
        offered.best_offer("BRD-001", 1)
    with pytest.raises(Unknown):
        offered.best_offer("APP-001", 1, within=0)


def test_needed(offered):
    offered.add_rule(Rule("APP-001", 24, 50))
    offered.add_rule(Rule("BRD-001", 4, 50))
    assert offered.needed() == {"APP-001": 27}


def test_what_is_coming_counts(offered):
    offered.add_rule(Rule("APP-001", 24, 50))
    assert [p.amount for p in offered.buy(1)] == [27]
    assert offered.expected("APP-001") == 50
    assert offered.buy(2) == []


def test_promises_count(offered):
    offered.add_rule(Rule("APP-001", 20, 30))
    assert offered.needed() == {}
    offered.stock.promise("APP-001", 10, "ann")
    assert offered.needed() == {"APP-001": 17}


def test_budget(offered):
    offered.add_offer(Offer("s", "BRD-001", 100))
    offered.add_rule(Rule("APP-001", 24, 50))
    offered.add_rule(Rule("BRD-001", 5, 6))
    made = offered.buy(1, budget=200)
    assert [(p.code, p.cost) for p in made] == [("APP-001", 162)]


def test_nobody_offers(buyer):
    buyer.add_rule(Rule("BRD-001", 5, 6))
    assert buyer.buy(1) == []


def test_arrive(offered):
    offered.add_rule(Rule("APP-001", 24, 50))
    offered.buy(1)
    assert offered.arrive(1) == []
    lots = offered.arrive(2)
    assert [(lot.amount, lot.cost, lot.day) for lot in lots] == [(27, 6, 2)]
    assert offered.coming == []


@pytest.mark.parametrize("sales, days, count", [([], 5, 0), ([2, 2, 2], 4, 8), ([0, 0, 6], 2, 6), ([1, 0], 3, 1)])
def test_forecast(sales, days, count):
    assert forecast(sales, days) == count
