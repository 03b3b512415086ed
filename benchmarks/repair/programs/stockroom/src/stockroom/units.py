"""Quantities with units, and how units convert."""

from dataclasses import dataclass
from fractions import Fraction

from stockroom.errors import Invalid, Unknown

FACTORS = {
    "pc": ("count", Fraction(1)),
    "dozen": ("count", Fraction(12)),
    "gross": ("count", Fraction(144)),
    "g": ("mass", Fraction(1)),
    "kg": ("mass", Fraction(1000)),
    "t": ("mass", Fraction(1_000_000)),
    "ml": ("volume", Fraction(1)),
    "l": ("volume", Fraction(1000)),
    "cm": ("length", Fraction(1)),
    "m": ("length", Fraction(100)),
}


def kind_of(unit):
    """What a unit measures. Raises: Unknown."""
    if unit not in FACTORS:
        raise Unknown(f"unknown unit {unit!r}", subject=unit)
    return FACTORS[unit][0]


def factor(source, target):
    """What one of a unit is in another. Raises: Invalid when they measure different things."""
    if kind_of(source) != kind_of(target):
        raise Invalid(f"{source} does not convert to {target}", subject=source)
    return FACTORS[source][1] / FACTORS[target][1]


@dataclass(frozen=True)
class Quantity:
    """An exact amount of a unit."""

    amount: Fraction
    unit: str = "pc"

    def __post_init__(self):
        kind_of(self.unit)
        object.__setattr__(self, "amount", Fraction(self.amount))

    @classmethod
    def parse(cls, text):
        """From "3", "2.5 kg" or "1/2 l". Raises: Invalid."""
        number, _, unit = text.strip().partition(" ")
        try:
            amount = Fraction(number)
        except (ValueError, ZeroDivisionError):
            raise Invalid(f"{text!r} is no quantity", subject=text) from None
        return cls(amount, unit.strip() or "pc")

    def to(self, unit):
        return Quantity(self.amount * factor(self.unit, unit), unit)

    def __add__(self, other):
        return Quantity(self.amount + other.to(self.unit).amount, self.unit)

    def __sub__(self, other):
        return Quantity(self.amount - other.to(self.unit).amount, self.unit)

    def __mul__(self, number):
        return Quantity(self.amount * Fraction(number), self.unit)

    def __lt__(self, other):
        return self.amount < other.to(self.unit).amount

    def __le__(self, other):
        return self.amount <= other.to(self.unit).amount

    def __bool__(self):
        return self.amount != 0

    def __str__(self):
        if self.amount.denominator == 1:
            return f"{self.amount.numerator} {self.unit}"
        return f"{float(self.amount):.4g} {self.unit}"


def best_unit(quantity):
    """The same in the largest unit of its kind that leaves a whole number."""
    kind = kind_of(quantity.unit)
    best = quantity
    size = Fraction(0)
    for unit, (other, value) in FACTORS.items():
        if other != kind:
            continue
        converted = quantity.to(unit)
        if converted.amount.denominator == 1 and value > size:
            best, size = converted, value
    return best
