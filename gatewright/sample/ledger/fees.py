"""What an overdraft costs."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from ledger.account import Account
from ledger.money import ZERO

PER_DAY = Decimal("0.50")
CAP = Decimal("9.00")


def days(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def days_below_zero(account: Account, *, first: date, last: date) -> int:
    """How many days ended with a balance below zero."""
    return sum(1 for day in days(first, last) if account.balance_on(day) < ZERO)


def overdraft_fee(account: Account, *, first: date, last: date) -> Decimal:
    """The fee for a period of at most a month, capped."""
    return min(PER_DAY * days_below_zero(account, first=first, last=last), CAP)
