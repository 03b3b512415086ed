from datetime import date
from decimal import Decimal

from ledger.account import Account
from ledger.statement import bookings, render

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


def test_a_statement_shows_bookings_balance_and_fee() -> None:
    account = Account("Ada", overdraft=Decimal("100.00"))
    account.deposit("250.00", on=FIRST, text="Salary")
    account.withdraw("300.00", on=LAST, text="Rent")
    assert render(account, first=FIRST, last=LAST).splitlines() == [
        "Ada, 2026-03-01 to 2026-03-31",
        "Brought forward                             0.00",
        "2026-03-01 Salary +250.00                 250.00",
        "2026-03-31 Rent -300.00                   -50.00",
        "Overdraft fee due                           0.50",
    ]


def test_bookings_of_other_months_stay_out() -> None:
    account = Account("Ada")
    account.deposit("1.00", on=date(2026, 2, 28))
    inside = account.deposit("2.00", on=FIRST)
    account.deposit("3.00", on=date(2026, 4, 1))
    assert bookings(account, first=FIRST, last=LAST) == [inside]
