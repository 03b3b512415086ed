import pytest
from account import Account, Entry, NotAllowed


@pytest.fixture
def account():
    return Account("Ada", 100, credit=50)


@pytest.fixture
def other():
    return Account("Bo")


def test_deposit(account):
    account.deposit(20)
    assert account.balance == 120
    assert account.entries == [Entry("deposit", 20, 120)]


def test_withdraw_into_credit(account):
    account.withdraw(150)
    assert account.balance == -50
    with pytest.raises(NotAllowed, match="too little"):
        account.withdraw(1)


@pytest.mark.parametrize("amount", [0, -5])
def test_no_amount(account, amount):
    with pytest.raises(NotAllowed):
        account.deposit(amount)
    with pytest.raises(NotAllowed):
        account.withdraw(amount)
    assert account.entries == []


def test_transfer(account, other):
    account.transfer(other, 30)
    assert (account.balance, other.balance) == (70, 30)
    assert other.entries == [Entry("deposit", 30, 30)]


def test_transfer_to_frozen(account, other):
    other.freeze()
    with pytest.raises(NotAllowed, match="Bo"):
        account.transfer(other, 30)
    assert account.balance == 100
    other.thaw()
    account.transfer(other, 30)


def test_transfer_to_itself(account):
    with pytest.raises(NotAllowed, match="itself"):
        account.transfer(account, 5)


def test_interest(account):
    assert account.interest(5) == 5
    assert account.balance == 105
    account.withdraw(125)
    assert account.interest(5) == -2
    assert account.balance == -22


def test_no_interest(other):
    assert other.interest(5) == 0
    assert other.entries == []


def test_undo(account):
    account.withdraw(30)
    account.deposit(5)
    assert account.undo()
    assert account.balance == 70
    assert account.undo()
    assert account.balance == 100
    assert not account.undo()


def test_statement(account):
    account.withdraw(30)
    account.deposit(5)
    account.interest(10)
    assert account.statement() == ["-30 = 70", "+5 = 75", "+7 = 82"]
    assert account.statement(["deposit"]) == ["+5 = 75"]
    assert account.statement([]) == []


def test_lowest(account):
    assert account.lowest() == 100
    account.withdraw(80)
    account.deposit(10)
    assert account.lowest() == 20
