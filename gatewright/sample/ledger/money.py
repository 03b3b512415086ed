"""Amounts of money: decimals in whole cents."""

from decimal import ROUND_HALF_EVEN, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


class AmountError(ValueError):
    """An amount that nobody can pay."""


def amount(value: Decimal | str) -> Decimal:
    """Check an amount to be paid: more than nothing, and no fractions of a cent."""
    number = Decimal(value)
    if not number.is_finite() or number <= ZERO:
        raise AmountError(f"{value} is not an amount to be paid")
    if number != cents(number):
        raise AmountError(f"{value} has fractions of a cent")
    return cents(number)


def cents(value: Decimal) -> Decimal:
    """Round to whole cents, halves to the even cent."""
    return value.quantize(CENT, rounding=ROUND_HALF_EVEN)


def share(total: Decimal, *, parts: int) -> list[Decimal]:
    """Split into equal parts; the first ones take the cents that are left over."""
    each, left = divmod(int(total / CENT), parts)
    return [(each + 1 if part < left else each) * CENT for part in range(parts)]
