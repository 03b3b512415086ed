from datetime import date
from decimal import Decimal

import pytest

from ledger.account import Account, InsufficientFunds
from ledger.money import AmountError

DAY = date(2026, 3, 1)


def test_deposits_add_up() -> None:
    account = Account("Ada")
    account.deposit("10.00", on=DAY)
    account.deposit("2.50", on=DAY)
    assert account.balance == Decimal("12.50")


def test_a_withdrawal_lowers_the_balance() -> None:
    account = Account("Ada")
    account.deposit("10.00", on=DAY)
    account.withdraw("4.00", on=DAY)
    assert account.balance == Decimal("6.00")


def test_the_overdraft_may_be_used() -> None:
    account = Account("Ada", overdraft=Decimal("50.00"))
    account.withdraw("20.00", on=DAY)
    assert account.balance == Decimal("-20.00")


def test_the_overdraft_may_be_used_up_to_the_last_cent() -> None:
    account = Account("Ada", overdraft=Decimal("50.00"))
    account.deposit("25.00", on=DAY)
    account.withdraw("75.00", on=DAY)
    assert account.available == Decimal("0.00")


def test_more_than_the_overdraft_is_refused() -> None:
    account = Account("Ada", overdraft=Decimal("50.00"))
    with pytest.raises(InsufficientFunds):
        account.withdraw("50.01", on=DAY)
    assert account.entries == []


def test_the_balance_of_a_day_counts_what_was_booked_up_to_then() -> None:
    account = Account("Ada")
    account.deposit("10.00", on=DAY)
    account.deposit("5.00", on=date(2026, 3, 4))
    assert account.balance_on(date(2026, 3, 3)) == Decimal("10.00")


@pytest.mark.parametrize("value", ["0", "-1.00", "0.005", "NaN"])
def test_what_is_no_amount_is_refused(value: str) -> None:
    with pytest.raises(AmountError):
        Account("Ada").deposit(value, on=DAY)
