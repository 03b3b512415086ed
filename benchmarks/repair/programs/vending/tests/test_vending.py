import pytest
from vending import Machine, Refused, change


@pytest.fixture
def machine():
    return Machine({"water": 60, "juice": 95}, {"water": 2, "juice": 0})


def test_change():
    assert change(0) == []
    assert change(185) == [100, 50, 20, 10, 5]
    assert change(40) == [20, 20]


def test_sells(machine):
    machine.insert(100)
    assert machine.choose("water") == [20, 20]
    assert machine.stock["water"] == 1
    assert machine.takings == 60
    assert (machine.state, machine.credit) == ("idle", 0)


def test_exact_money(machine):
    machine.insert(50)
    machine.insert(10)
    assert machine.choose("water") == []


def test_too_little(machine):
    machine.insert(50)
    with pytest.raises(Refused, match="10 missing"):
        machine.choose("water")
    assert machine.credit == 50


def test_no_money(machine):
    with pytest.raises(Refused, match="no money"):
        machine.choose("water")


def test_sold_out(machine):
    machine.insert(100)
    with pytest.raises(Refused, match="no juice"):
        machine.choose("juice")
    with pytest.raises(Refused, match="no beer"):
        machine.choose("beer")
    assert machine.sold_out() == ["juice"]


def test_strange_coin(machine):
    with pytest.raises(Refused):
        machine.insert(3)
    assert machine.state == "idle"


def test_cancel(machine):
    machine.insert(50)
    machine.insert(20)
    assert machine.cancel() == [50, 20]
    assert machine.credit == 0
    assert machine.state == "idle"


def test_lock(machine):
    machine.insert(10)
    machine.kick()
    assert machine.state == "paying"
    machine.kick(hard=True)
    with pytest.raises(Refused, match="out of order"):
        machine.insert(10)
    machine.repair()
    assert machine.state == "paying"


def test_default_stock():
    assert Machine({"tea": 5}).stock == {"tea": 5}


def test_stock_is_its_own():
    stock = {"tea": 1}
    machine = Machine({"tea": 5}, stock)
    machine.insert(5)
    machine.choose("tea")
    assert stock == {"tea": 1}
