import pytest
from stockroom.errors import Duplicate, Invalid, Shortage, Unknown


def amounts(stock, code="APP-001", **where):
    return [(lot.number, lot.amount) for lot in stock.lots(code, **where)]


def test_receive_unknown(stock):
    with pytest.raises(Unknown):
        stock.receive("ZZZ-999", 1, cost=1, day=1)


@pytest.mark.parametrize("amount", [0, -1])
def test_receive_nothing(stock, amount):
    with pytest.raises(Invalid):
        stock.receive("APP-001", amount, cost=1, day=1)


def test_receive_spoilt(stock):
    with pytest.raises(Invalid):
        stock.receive("APP-001", 1, cost=1, day=5, expires=5)


def test_lots_by_expiry_then_age(stock):
    assert amounts(stock) == [(2, 5), (1, 10), (3, 8)]


def test_lots_on_a_day_and_place(stock):
    assert amounts(stock, day=10) == [(1, 10), (3, 8)]
    assert amounts(stock, place="back") == [(3, 8)]
    assert amounts(stock, day=9) == [(2, 5), (1, 10), (3, 8)]


def test_on_hand(stock):
    assert stock.on_hand("APP-001") == 23
    assert stock.on_hand("APP-001", day=20) == 8
    assert stock.on_hand("APP-002") == 0


def test_promise(stock):
    stock.promise("APP-001", 20, "ann")
    assert stock.available("APP-001") == 3
    with pytest.raises(Shortage) as caught:
        stock.promise("APP-001", 4, "bob")
    assert caught.value.missing == 1
    stock.promise("APP-001", 3, "bob")
    assert stock.promised("APP-001") == 23
    assert stock.promised("APP-001", "bob") == 3


def test_promise_twice(stock):
    stock.promise("APP-001", 2, "ann")
    stock.promise("APP-001", 3, "ann")
    assert stock.promised("APP-001", "ann") == 5


def test_available_is_never_negative(stock):
    stock.promise("APP-001", 23, "ann")
    assert stock.available("APP-001", day=15) == 0


def test_available_on_a_day(stock):
    assert stock.available("APP-001", day=15) == 18
    stock.promise("APP-001", 10, "ann")
    assert stock.available("APP-001", day=15) == 8


def test_release(stock):
    stock.promise("APP-001", 10, "ann")
    assert stock.release("APP-001", "ann", 4) == 4
    assert stock.promised("APP-001") == 6
    assert stock.release("APP-001", "ann", 99) == 6
    assert stock.release("APP-001", "ann") == 0


def test_take_over_lots(stock):
    picked = stock.take("APP-001", 7, day=4)
    assert [(part.lot, part.amount, part.cost) for part in picked] == [(2, 5, 30), (1, 2, 20)]
    assert amounts(stock) == [(1, 8), (3, 8)]


def test_take_leaves_spoilt(stock):
    stock.take("APP-001", 3, day=12)
    assert amounts(stock) == [(2, 5), (1, 7), (3, 8)]


def test_take_too_much(stock):
    with pytest.raises(Shortage):
        stock.take("APP-001", 24, day=4)
    assert stock.on_hand("APP-001") == 23


def test_put_back(stock):
    picked = stock.take("APP-001", 7, day=4)
    stock.put_back("APP-001", picked, day=5)
    assert stock.on_hand("APP-001") == 23
    assert stock.value("APP-001") == 550


def test_move(stock):
    stock.move("APP-001", 7, source="main", target="shop", day=4)
    assert stock.places("APP-001") == {"main": 8, "back": 8, "shop": 7}
    assert [lot.day for lot in stock.lots("APP-001", place="shop")] == [2, 1]


def test_move_errors(stock):
    with pytest.raises(Shortage):
        stock.move("APP-001", 9, source="back", target="main", day=4)
    with pytest.raises(Duplicate):
        stock.move("APP-001", 1, source="back", target="back", day=4)


def test_expired(stock):
    assert [lot.number for lot in stock.expired(10)] == [2]
    assert stock.discard_expired(20) == 350
    assert stock.on_hand("APP-001") == 8


def test_value(stock):
    assert stock.value("BRD-001") == 600
    assert stock.value() == 1150


def test_average_cost(stock):
    assert stock.average_cost("APP-001") == 24
    with pytest.raises(Unknown):
        stock.average_cost("APP-002")


def test_count_less(stock):
    assert stock.count("APP-001", 12, day=5) == -11
    assert amounts(stock) == [(2, 5), (1, 7)]


def test_count_more(stock):
    assert stock.count("APP-001", 25, day=5) == 2
    assert stock.lots("APP-001")[-1].cost == 25


def test_count_same(stock):
    assert stock.count("APP-001", 23, day=5) == 0
