import pytest
from stockroom.errors import Duplicate, Invalid, Unknown


@pytest.fixture
def busy(ledger):
    ledger.post(1, "1000", "4000", 500, "sale")
    ledger.post(2, "5000", "1400", 200, "cost")
    ledger.post(4, "1400", "2000", 900, "goods")
    return ledger


def test_open(ledger):
    with pytest.raises(Duplicate):
        ledger.open("1000", "again", "asset")
    with pytest.raises(Invalid):
        ledger.open("9000", "odd", "magic")


@pytest.mark.parametrize("debit, credit", [("9999", "1000"), ("1000", "9999")])
def test_post_unknown(ledger, debit, credit):
    with pytest.raises(Unknown):
        ledger.post(1, debit, credit, 5)


@pytest.mark.parametrize("debit, credit, cents", [("1000", "1000", 5), ("1000", "4000", 0), ("1000", "4000", -1)])
def test_post_invalid(ledger, debit, credit, cents):
    with pytest.raises(Invalid):
        ledger.post(1, debit, credit, cents)


def test_balances(busy):
    assert busy.balance("1000") == 500
    assert busy.balance("4000") == 500
    assert busy.balance("1400") == 700
    assert busy.balance("2000") == 900
    assert busy.balance("1400", until=3) == -200
    assert busy.balance("1400", until=4) == 700


def test_reverse(busy):
    busy.reverse(1, 5)
    assert busy.balance("1000") == 0
    assert busy.postings[-1].text == "reversal of 1"
    with pytest.raises(Unknown):
        busy.reverse(99, 5)


def test_trial_balance(busy):
    rows, debits, credits_ = busy.trial_balance()
    assert rows == [("1000", 500, 0), ("1400", 700, 0), ("2000", 0, 900), ("4000", 0, 500), ("5000", 200, 0)]
    assert debits == credits_ == 1400


def test_trial_balance_on_the_other_side(ledger):
    ledger.post(1, "2000", "1000", 50)
    assert ledger.trial_balance() == ([("1000", 0, 50), ("2000", 50, 0)], 50, 50)


def test_profit(busy):
    assert busy.profit() == 300
    assert busy.profit(first=2) == -200
    assert busy.profit(last=1) == 500
    busy.post(6, "4000", "1000", 100)
    busy.post(6, "1400", "5000", 50)
    assert busy.profit() == 250


def test_statement(busy):
    busy.post(3, "1400", "2000", 10, "late")
    assert busy.statement("1400") == [(2, "cost", -200, -200), (3, "late", 10, -190), (4, "goods", 900, 710)]
    assert busy.statement("2000") == [(3, "late", 10, 10), (4, "goods", 900, 910)]


def test_close(busy):
    busy.close(4)
    with pytest.raises(Invalid):
        busy.post(4, "1000", "4000", 1)
    busy.post(5, "1000", "4000", 1)
    with pytest.raises(Invalid):
        busy.close(3)
