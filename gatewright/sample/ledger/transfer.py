"""Money that moves between accounts."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from ledger.account import Account
from ledger.money import amount, share


def transfer(value: Decimal | str, *, payer: Account, payee: Account, on: date) -> None:
    """Move money from one account to another, or leave both as they are.

    Raises: InsufficientFunds.
    """
    payer.withdraw(value, on=on, text=f"To {payee.owner}")
    payee.deposit(value, on=on, text=f"From {payer.owner}")


def pay_out(total: Decimal | str, *, payer: Account, payees: Sequence[Account], on: date) -> None:
    """Split an amount among several accounts, to the cent."""
    whole = amount(total)
    payer.withdraw(whole, on=on, text=f"To {len(payees)} accounts")
    for payee, part in zip(payees, share(whole, parts=len(payees)), strict=True):
        payee.deposit(part, on=on, text=f"From {payer.owner}")
