"""One account: what was booked on it, and how much may still be taken out."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ledger.money import ZERO, amount


class InsufficientFunds(Exception):
    """More was asked for than the account and its overdraft hold."""


@dataclass(frozen=True)
class Entry:
    """One booking; money that goes out is negative."""

    on: date
    value: Decimal
    text: str


@dataclass
class Account:
    """An account of one owner, which may go below zero by its overdraft."""

    owner: str
    overdraft: Decimal = ZERO
    entries: list[Entry] = field(default_factory=list)

    @property
    def balance(self) -> Decimal:
        """The sum of all bookings; below zero while the overdraft is in use."""
        return sum((entry.value for entry in self.entries), ZERO)

    @property
    def available(self) -> Decimal:
        """What may be taken out at most."""
        return self.balance + self.overdraft

    def balance_on(self, day: date) -> Decimal:
        """The balance at the end of a day."""
        return sum((entry.value for entry in self.entries if entry.on <= day), ZERO)

    def deposit(self, value: Decimal | str, *, on: date, text: str = "Deposit") -> Entry:
        """Pay money in."""
        return self._book(amount(value), on, text)

    def withdraw(self, value: Decimal | str, *, on: date, text: str = "Withdrawal") -> Entry:
        """Take money out.

        Raises: InsufficientFunds, and then nothing is booked.
        """
        wanted = amount(value)
        remaining = self.available - wanted
        if remaining <= ZERO:
            raise InsufficientFunds(f"{self.owner}: {wanted} asked for, {self.available} available")
        return self._book(-wanted, on, text)

    def _book(self, value: Decimal, on: date, text: str) -> Entry:
        entry = Entry(on, value, text)
        self.entries.append(entry)
        return entry
