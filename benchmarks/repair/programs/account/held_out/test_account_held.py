import random

import pytest
from account import Account, NotAllowed


@pytest.mark.parametrize("seed", range(80))
def test_like_a_ledger(seed):
    chance = random.Random(seed)
    credit = chance.choice([0, 20])
    start = chance.randrange(0, 60)
    account, other = Account("a", start, credit), Account("b", 10)
    balance, there, frozen = start, 10, False
    log = []
    for _ in range(40):
        what = chance.choice(["deposit", "withdraw", "transfer", "interest", "undo", "freeze", "thaw"])
        amount = chance.randrange(-1, 30)
        bad = frozen or amount <= 0
        try:
            if what == "deposit":
                account.deposit(amount)
                assert not bad
                balance += amount
                log.append(("deposit", amount, balance))
            elif what == "withdraw":
                account.withdraw(amount)
                assert not bad and balance + credit >= amount
                balance -= amount
                log.append(("withdraw", amount, balance))
            elif what == "transfer":
                account.transfer(other, amount)
                assert not bad and balance + credit >= amount
                balance -= amount
                there += amount
                log.append(("withdraw", amount, balance))
            elif what == "interest":
                percent = chance.randrange(12)
                factor = 1 if balance >= 0 else 2
                expected = balance * factor * percent // 100
                assert account.interest(percent) == expected
                if expected:
                    balance += expected
                    log.append(("interest", expected, balance))
            elif what == "undo":
                assert account.undo() is bool(log)
                if log:
                    kind, amount, _ = log.pop()
                    balance += amount if kind == "withdraw" else -amount
            elif what == "freeze" and chance.random() < 0.3:
                account.freeze()
                frozen = True
            else:
                account.thaw()
                frozen = False
        except NotAllowed:
            assert what in ("deposit", "withdraw", "transfer")
            assert bad or what != "deposit" and balance + credit < amount
        assert (account.balance, other.balance) == (balance, there)
        assert [(e.kind, e.amount, e.balance) for e in account.entries] == log
        assert account.lowest() == min([b for _, _, b in log] + [balance])
    lines = account.statement()
    assert [int(line.split(" = ")[1]) for line in lines] == [b for _, _, b in log]
    signed = [-a if k == "withdraw" else a for k, a, _ in log]
    assert [int(line.split(" = ")[0]) for line in lines] == signed
    for kind in ("deposit", "withdraw", "interest"):
        assert len(account.statement([kind])) == sum(k == kind for k, _, _ in log)


def test_defaults_and_a_frozen_sender():
    account = Account("x")
    assert (account.balance, account.credit, account.frozen) == (0, 0, False)
    with pytest.raises(NotAllowed):
        account.withdraw(1)
    rich, poor = Account("r", 10), Account("p")
    rich.freeze()
    with pytest.raises(NotAllowed):
        rich.transfer(poor, 1)
    with pytest.raises(NotAllowed):
        poor.transfer(poor, 1)
    assert poor.balance == 0 and poor.entries == []


def test_a_frozen_receiver_and_no_kinds():
    rich, poor = Account("r", 10), Account("p")
    poor.freeze()
    with pytest.raises(NotAllowed, match="p is frozen"):
        rich.transfer(poor, 1)
    assert (rich.balance, rich.entries) == (10, [])
    rich.deposit(5)
    assert rich.statement(()) == [] and rich.statement() == ["+5 = 15"]
