"""An account with a log of what was done, that can be taken back."""

from dataclasses import dataclass


class NotAllowed(Exception):
    """What the account refuses."""


@dataclass(frozen=True)
class Entry:
    kind: str
    amount: int
    balance: int


class Account:
    def __init__(self, owner, balance=0, credit=0):
        self.owner = owner
        self.balance = balance
        self.credit = credit
        self.frozen = False
        self.entries = []

    def deposit(self, amount):
        self._check(amount)
        self.balance += amount
        self._log("deposit", amount)

    def withdraw(self, amount):
        self._check(amount)
        if self.balance + self.credit < amount:
            raise NotAllowed("too little")
        self.balance -= amount
        self._log("withdraw", amount)

    def transfer(self, other, amount):
        if other is self:
            raise NotAllowed("to itself")
        other._check(amount)
        self.withdraw(amount)
        other.deposit(amount)

    def interest(self, percent):
        """Add interest of a positive balance; charge double on a negative one."""
        if self.balance >= 0:
            amount = self.balance * percent // 100
        else:
            amount = self.balance * 2 * percent // 100
        if amount == 0:
            return 0
        self.balance += amount
        self._log("interest", amount)
        return amount

    def undo(self):
        """Take back the last entry; whether there was one."""
        if not self.entries:
            return False
        last = self.entries.pop()
        if last.kind == "withdraw":
            self.balance += last.amount
        else:
            self.balance -= last.amount
        return True

    def freeze(self):
        self.frozen = True

    def thaw(self):
        self.frozen = False

    def statement(self, kinds=None):
        lines = []
        for entry in self.entries:
            if kinds is not None and entry.kind not in kinds:
                continue
            sign = "-" if entry.kind == "withdraw" or entry.amount < 0 else "+"
            lines.append(f"{sign}{abs(entry.amount)} = {entry.balance}")
        return lines

    def lowest(self):
        """The least balance that there was after an entry, or now."""
        return min([entry.balance for entry in self.entries] + [self.balance])

    def _check(self, amount):
        if self.frozen:
            raise NotAllowed(f"{self.owner} is frozen")
        if amount <= 0:
            raise NotAllowed(f"{amount} is no amount")

    def _log(self, kind, amount):
        self.entries.append(Entry(kind, amount, self.balance))
