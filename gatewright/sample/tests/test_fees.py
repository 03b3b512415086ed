from datetime import date
from decimal import Decimal

from ledger.account import Account
from ledger.fees import CAP, days_below_zero, overdraft_fee

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


def overdrawn(since: date) -> Account:
    account = Account("Ada", overdraft=Decimal("100.00"))
    account.withdraw("40.00", on=since)
    return account


def test_the_day_on_which_it_goes_below_zero_counts() -> None:
    account = overdrawn(date(2026, 3, 30))
    assert days_below_zero(account, first=FIRST, last=LAST) == 2


def test_an_account_at_zero_costs_nothing() -> None:
    account = Account("Ada")
    assert overdraft_fee(account, first=FIRST, last=LAST) == 0


def test_each_day_costs() -> None:
    account = overdrawn(date(2026, 3, 29))
    assert overdraft_fee(account, first=FIRST, last=LAST) == Decimal("1.50")


def test_the_fee_is_capped() -> None:
    account = overdrawn(date(2026, 3, 2))
    assert overdraft_fee(account, first=FIRST, last=LAST) == CAP
