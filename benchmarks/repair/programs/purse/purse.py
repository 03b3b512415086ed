"""Money in whole cents."""

from dataclasses import dataclass, field, replace
from functools import total_ordering


@total_ordering
@dataclass(frozen=True)
class Money:
    cents: int
    currency: str = "EUR"

    @classmethod
    def parse(cls, text):
        """From "12.50 EUR" or "12.5"; the currency may be left out."""
        amount, _, currency = text.strip().partition(" ")
        whole, _, part = amount.partition(".")
        sign = -1 if whole.startswith("-") else 1
        cents = abs(int(whole)) * 100 + int(part.ljust(2, "0")[:2] or 0)
        return cls(sign * cents, currency or "EUR")

    def __str__(self):
        whole, part = divmod(abs(self.cents), 100)
        sign = "-" if self.cents < 0 else ""
        return f"{sign}{whole}.{part:02} {self.currency}"

    def __add__(self, other):
        self._same(other)
        return replace(self, cents=self.cents + other.cents)

    def __sub__(self, other):
        return self + -other

    def __neg__(self):
        return replace(self, cents=-self.cents)

    def __mul__(self, factor):
        return replace(self, cents=round(self.cents * factor))

    def __lt__(self, other):
        self._same(other)
        return self.cents < other.cents

    def _same(self, other):
        if self.currency != other.currency:
            raise TypeError(f"{self.currency} and {other.currency}")

    def split(self, parts):
        """So many amounts that add up; the first ones carry what does not divide."""
        each, rest = divmod(self.cents, parts)
        return [replace(self, cents=each + (1 if n < rest else 0)) for n in range(parts)]


@dataclass
class Purse:
    owner: str
    contents: dict = field(default_factory=dict)
    log: list = field(default_factory=list)

    def put(self, money, why=""):
        if money.cents <= 0:
            raise ValueError("nothing to put")
        held = self.contents.get(money.currency, Money(0, money.currency))
        self.contents[money.currency] = held + money
        self.log.append((money, why))

    def take(self, money, why=""):
        held = self.contents.get(money.currency)
        if held is None or held < money:
            raise ValueError(f"{self.owner} has too little")
        left = held - money
        if left.cents:
            self.contents[money.currency] = left
        else:
            del self.contents[money.currency]
        self.log.append((-money, why))

    def spent(self, why=None):
        """What was taken, by currency; for one purpose or for all."""
        totals = {}
        for money, purpose in self.log:
            if money.cents < 0 and (why is None or purpose == why):
                totals[money.currency] = totals.get(money.currency, 0) - money.cents
        return totals
