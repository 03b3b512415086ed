import pytest
from stockroom.errors import StockroomError, Unknown
from stockroom.purchasing import Offer, Rule


def test_deliver_is_posted(shop):
    assert shop.ledger.balance("1400") == 20 * 20 + 5 * 150
    assert shop.is_balanced()


def test_free_goods(shop):
    shop.deliver("APP-001", 3, 0)
    assert shop.is_balanced()


def test_sell(shop):
    order = shop.sell("ann", {"APP-001": 4})
    assert order.state == "paid"
    assert shop.ledger.balance("1000") == 220
    assert shop.is_balanced()


def test_sell_too_much(shop):
    with pytest.raises(StockroomError, match="had to wait"):
        shop.sell("ann", {"APP-001": 40})
    assert shop.desk.orders[1].state == "cancelled"
    assert shop.stock.available("APP-001") == 20


def test_order_of_unknown(shop):
    with pytest.raises(Unknown):
        shop.order("ann", {"APP-001": 1, "ZZZ-999": 1})
    assert shop.desk.orders[1].state == "cancelled"


def test_days_and_spoilage(shop):
    done = shop.pass_days(4)
    assert done[:3] == [(1, "arrivals"), (1, "spoilage"), (1, "waiting")]
    assert len(done) == 12
    assert shop.stock.on_hand("BRD-001") == 0
    assert shop.ledger.balance("5100") == 750
    assert shop.is_balanced()


def test_waiting_orders_are_served(shop):
    order = shop.order("ann", {"APP-001": 30})
    assert order.state == "waiting"
    shop.deliver("APP-001", 10, 30)
    shop.pass_days()
    assert order.state == "reserved"


def test_buying(shop):
    shop.buyer.add_offer(Offer("s", "APP-001", 18, days=2))
    shop.buyer.add_rule(Rule("APP-001", 30, 40))
    shop.buyer.buy(shop.day)
    shop.pass_days(1)
    assert shop.stock.on_hand("APP-001") == 20
    shop.pass_days(1)
    assert shop.stock.on_hand("APP-001") == 40
    assert shop.is_balanced()


def test_sales(shop):
    shop.sell("ann", {"APP-001": 4, "BRD-001": 1})
    shop.pass_days(2)
    order = shop.order("bob", {"APP-001": 1})
    shop.desk.ship(order.number, 2)
    third = shop.sell("cy", {"APP-001": 1})
    shop.desk.take_back(third.number, 2)
    assert [(s.day, s.customer, s.code, s.cents) for s in shop.sales()] == [
        (0, "ann", "APP-001", 200),
        (0, "ann", "BRD-001", 320),
        (2, "bob", "APP-001", 50),
    ]


def test_outlook(shop):
    assert shop.outlook("APP-001", 5) == 0
    shop.sell("ann", {"APP-001": 7, "BRD-001": 1})
    assert shop.outlook("APP-001", 4) == 7
    shop.pass_days(6)
    assert shop.outlook("APP-001", 4) == 1
    shop.pass_days(1)
    assert shop.outlook("APP-001", 4) == 0


def test_find(shop):
    shop.order("ann", {"APP-001": 5})
    assert [row["code"] for row in shop.find("tags = fresh")] == ["BRD-001"]
    assert [row["free"] for row in shop.find("hand > 10")] == [15]
    assert [row["code"] for row in shop.find("group ~ food sort -price")] == ["BRD-001", "APP-001"]
