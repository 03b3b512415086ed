"""A statement for people."""

from datetime import date, timedelta

from ledger.account import Account, Entry
from ledger.fees import overdraft_fee

WIDTH = 48


def render(account: Account, *, first: date, last: date) -> str:
    """The bookings of a period with the balance after each, and the fee that falls due."""
    balance = account.balance_on(first - timedelta(days=1))
    lines = [f"{account.owner}, {first} to {last}", _line("Brought forward", str(balance))]
    for entry in bookings(account, first=first, last=last):
        balance += entry.value
        lines.append(_line(f"{entry.on} {entry.text} {entry.value:+}", str(balance)))
    fee = overdraft_fee(account, first=first, last=last)
    if fee:
        lines.append(_line("Overdraft fee due", str(fee)))
    return "\n".join(lines)


def bookings(account: Account, *, first: date, last: date) -> list[Entry]:
    """The bookings of a period in order of their days."""
    within = [entry for entry in account.entries if first <= entry.on <= last]
    return sorted(within, key=lambda entry: entry.on)


def _line(text: str, figure: str) -> str:
    return f"{text:<{WIDTH - len(figure) - 1}} {figure}"
