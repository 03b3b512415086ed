import random

import pytest
from vending import COINS, Machine, Refused, change


@pytest.mark.parametrize("amount", range(0, 400, 15))
def test_change_adds_up_with_few_coins(amount):
    coins = change(amount)
    assert sum(coins) == amount
    assert coins == sorted(coins, reverse=True)
    assert all(coins.count(coin) <= 1 for coin in (5, 10, 50))


@pytest.mark.parametrize("seed", range(60))
def test_no_money_is_lost(seed):
    chance = random.Random(seed)
    prices = {"a": 35, "b": 80, "c": 120}
    machine = Machine(prices, {"a": 2, "b": 1, "c": 3})
    paid = returned = sold = 0
    for _ in range(30):
        what = chance.choice(["insert", "insert", "choose", "cancel", "kick", "repair"])
        credit, state = machine.credit, machine.state
        try:
            if what == "insert":
                coin = chance.choice([*COINS, 7])
                machine.insert(coin)
                assert coin in COINS and state != "locked"
                paid += coin
            elif what == "choose":
                drink = chance.choice("abcd")
                back = machine.choose(drink)
                assert state == "paying" and credit >= prices[drink]
                assert sum(back) == credit - prices[drink]
                sold += prices[drink]
                returned += sum(back)
                assert machine.state == "idle"
            elif what == "cancel":
                returned += sum(machine.cancel())
                assert machine.state == ("locked" if state == "locked" else "idle")
            elif what == "kick":
                machine.kick(hard=chance.random() < 0.2)
            else:
                machine.repair()
                assert machine.state != "locked"
                assert machine.state == ("paying" if machine.credit else "idle")
        except Refused:
            assert (machine.credit, machine.state) == (credit, state)
        assert machine.takings == sold
        assert paid - returned - sold == machine.credit
        assert min(machine.stock.values()) >= 0
    assert machine.sold_out() == sorted(d for d in machine.stock if machine.stock[d] == 0)


def test_locked_sells_nothing_but_gives_back():
    machine = Machine({"a": 5})
    machine.insert(50)
    machine.kick(hard=True)
    with pytest.raises(Refused):
        machine.choose("a")
    assert machine.cancel() == [50]
    assert machine.state == "locked"
    machine.repair()
    assert machine.state == "idle"


def test_all_of_the_stock():
    machine = Machine({"a": 5})
    for _ in range(5):
        machine.insert(5)
        machine.choose("a")
    machine.insert(5)
    with pytest.raises(Refused):
        machine.choose("a")
    assert machine.sold_out() == ["a"] and machine.takings == 25


def test_a_soft_kick_does_nothing():
    machine = Machine({"a": 5})
    machine.kick()
    machine.insert(5)
    machine.kick()
    assert machine.choose("a") == []


def test_given_tables_are_copied():
    prices, stock = {"a": 5}, {"a": 2}
    machine = Machine(prices, stock)
    machine.insert(10)
    assert machine.choose("a") == [5]
    prices["a"] = stock["a"] = 0
    machine.insert(10)
    assert machine.choose("a") == [5]
