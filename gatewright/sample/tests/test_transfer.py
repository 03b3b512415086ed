from datetime import date
from decimal import Decimal

import pytest

from ledger.account import Account, InsufficientFunds
from ledger.transfer import pay_out, transfer

DAY = date(2026, 3, 1)


@pytest.fixture
def ada() -> Account:
    account = Account("Ada")
    account.deposit("100.00", on=DAY)
    return account


def test_a_transfer_moves_money(ada: Account) -> None:
    bob = Account("Bob")
    transfer("30.00", payer=ada, payee=bob, on=DAY)
    assert (ada.balance, bob.balance) == (Decimal("70.00"), Decimal("30.00"))


def test_a_transfer_that_is_refused_changes_nothing(ada: Account) -> None:
    bob = Account("Bob")
    with pytest.raises(InsufficientFunds):
        transfer("100.01", payer=ada, payee=bob, on=DAY)
    assert (ada.balance, bob.balance) == (Decimal("100.00"), Decimal("0.00"))


def test_cents_left_over_go_to_the_first(ada: Account) -> None:
    friends = [Account(name) for name in ("Bob", "Cyd", "Dee")]
    pay_out("50.00", payer=ada, payees=friends, on=DAY)
    assert [friend.balance for friend in friends] == [
        Decimal("16.67"),
        Decimal("16.67"),
        Decimal("16.66"),
    ]
