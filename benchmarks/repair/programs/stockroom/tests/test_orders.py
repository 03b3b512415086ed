import pytest
from stockroom.errors import Invalid, Unknown, WrongState


def placed(desk, lines, customer="ann", day=5, **more):
    order = desk.draft(customer, day, **more)
    for code, amount in lines.items():
        order.add(code, amount)
    return desk.place(order.number, day)


def test_lines(desk):
    order = desk.draft("ann", 1).add("APP-001", 2).add("APP-001", 3)
    assert order.lines == {"APP-001": 5}
    order.drop("APP-001")
    assert order.lines == {}
    with pytest.raises(Unknown):
        order.drop("APP-001")
    with pytest.raises(Invalid):
        order.add("APP-001", 0)


def test_place_reserves(desk):
    order = placed(desk, {"APP-001": 20, "BRD-001": 1})
    assert order.state == "reserved"
    assert (order.gross, order.tax) == (1452, 132)
    assert desk.stock.available("APP-001") == 3


def test_place_empty(desk):
    with pytest.raises(Invalid):
        desk.place(desk.draft("ann", 1).number, 1)


def test_place_waits_and_keeps_nothing(desk):
    order = placed(desk, {"APP-001": 20, "BRD-001": 5})
    assert order.state == "waiting"
    assert desk.stock.promised("APP-001") == 0


def test_placed_order_is_fixed(desk):
    order = placed(desk, {"BRD-001": 1})
    with pytest.raises(WrongState):
        order.add("BRD-001", 1)
    with pytest.raises(WrongState):
        order.drop("BRD-001")


def test_unknown_order(desk):
    with pytest.raises(Unknown):
        desk.get(7)


def test_retry(desk):
    first = placed(desk, {"BRD-001": 6})
    second = placed(desk, {"BRD-001": 6}, urgent=True)
    third = placed(desk, {"BRD-001": 5})
    desk.stock.receive("BRD-001", 7, cost=100, day=6)
    assert desk.retry_waiting(6) == [second.number, third.number]
    assert first.state == "waiting"


def test_ship(desk):
    order = placed(desk, {"APP-001": 6})
    desk.ship(order.number, 6)
    assert order.cost == 170
    assert desk.stock.promised("APP-001") == 0
    assert desk.stock.on_hand("APP-001") == 17
    assert desk.ledger.balance("1200") == 330
    assert desk.ledger.balance("4000") == 300
    assert desk.ledger.balance("2200") == 30
    assert desk.ledger.balance("5000") == 170
    assert desk.owed("ann") == 330


def test_ship_too_early(desk):
    order = desk.draft("ann", 1)
    with pytest.raises(WrongState, match="from draft to shipped"):
        desk.ship(order.number, 1)


def test_pay(desk):
    order = placed(desk, {"APP-001": 6})
    desk.ship(order.number, 6)
    desk.pay(order.number, 7)
    assert desk.ledger.balance("1000") == 330
    assert desk.ledger.balance("1200") == 0
    assert desk.owed("ann") == 0
    assert [after for _, _, after in order.history] == ["placed", "reserved", "shipped", "paid"]


def test_cancel(desk):
    order = placed(desk, {"APP-001": 6})
    desk.cancel(order.number, 6)
    assert desk.stock.promised("APP-001") == 0
    with pytest.raises(WrongState):
        desk.cancel(order.number, 6)


def test_cancel_what_waits(desk):
    other = placed(desk, {"BRD-001": 2})
    order = placed(desk, {"BRD-001": 4})
    desk.cancel(order.number, 6)
    assert desk.stock.promised("BRD-001", other.number) == 2


@pytest.mark.parametrize("paid, account", [(True, "1000"), (False, "1200")])
def test_take_back(desk, paid, account):
    order = placed(desk, {"APP-001": 6})
    desk.ship(order.number, 6)
    if paid:
        desk.pay(order.number, 7)
    desk.take_back(order.number, 8)
    assert desk.ledger.balance(account) == 0
    assert desk.ledger.profit() == 0
    assert desk.stock.on_hand("APP-001") == 23


def test_open_orders(desk):
    first = placed(desk, {"APP-001": 1})
    second = placed(desk, {"APP-001": 1}, customer="bob")
    third = placed(desk, {"APP-001": 1})
    desk.cancel(third.number, 6)
    desk.ship(first.number, 6)
    assert desk.open_orders() == [first, second]
    assert desk.open_orders("bob") == [second]
    desk.pay(first.number, 7)
    assert desk.open_orders("ann") == []
