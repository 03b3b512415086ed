"""Double-entry books."""

from dataclasses import dataclass
from itertools import count

from stockroom.errors import Duplicate, Invalid, Unknown

KINDS = ("asset", "liability", "income", "expense")


@dataclass(frozen=True)
class Account:
    number: str
    name: str
    kind: str

    @property
    def grows_by_debit(self):
        return self.kind in ("asset", "expense")


@dataclass(frozen=True)
class Posting:
    """A movement: cents from the credit account to the debit account."""

    number: int
    day: int
    debit: str
    credit: str
    cents: int
    text: str = ""


class Ledger:
    def __init__(self):
        self.accounts = {}
        self.postings = []
        self.closed_until = -1
        self._numbers = count(1)

    def open(self, number, name, kind):
        if number in self.accounts:
            raise Duplicate(f"account {number} is open", subject=number)
        if kind not in KINDS:
            raise Invalid(f"{kind!r} is no kind of account", subject=number)
        self.accounts[number] = Account(number, name, kind)
        return self.accounts[number]

    def post(self, day, debit, credit, cents, text=""):
        """Raises: Unknown; Invalid for a closed day, the same account or no amount."""
        for number in (debit, credit):
            if number not in self.accounts:
                raise Unknown(f"no account {number!r}", subject=number)
        if debit == credit:
            raise Invalid(f"{debit} on both sides", subject=debit)
        if cents <= 0:
            raise Invalid(f"{cents} cannot be posted", subject=cents)
        if day <= self.closed_until:
            raise Invalid(f"day {day} is closed", subject=day)
        posting = Posting(next(self._numbers), day, debit, credit, cents, text)
        self.postings.append(posting)
        return posting

    def reverse(self, number, day):
        """Post the opposite of a posting."""
        for posting in self.postings:
            if posting.number == number:
                text = f"reversal of {number}"
                return self.post(day, posting.credit, posting.debit, posting.cents, text)
        raise Unknown(f"no posting {number}", subject=number)

    def balance(self, number, *, until=None):
        """Positive where the account's kind usually stands."""
        account = self.accounts.get(number)
        if account is None:
            raise Unknown(f"no account {number!r}", subject=number)
        total = 0
        for posting in self.postings:
            if until is not None and posting.day > until:
                continue
            if posting.debit == number:
                total += posting.cents
            if posting.credit == number:
                total -= posting.cents
        return total if account.grows_by_debit else -total

    def trial_balance(self):
        """Debit and credit balances of all accounts that are not 0; and their sums are equal."""
        rows = []
        debits = credits_ = 0
        for number in sorted(self.accounts):
            balance = self.balance(number)
            if balance == 0:
                continue
            on_debit = self.accounts[number].grows_by_debit == (balance > 0)
            if on_debit:
                debits += abs(balance)
            else:
                credits_ += abs(balance)
            rows.append((number, abs(balance) if on_debit else 0, 0 if on_debit else abs(balance)))
        return rows, debits, credits_

    def profit(self, *, first=0, last=None):
        """Income less expenses of the days first..last."""
        total = 0
        for posting in self.postings:
            if posting.day < first or (last is not None and posting.day > last):
                continue
            debit = self.accounts[posting.debit]
            credit = self.accounts[posting.credit]
            if credit.kind == "income":
                total += posting.cents
            if debit.kind == "income":
                total -= posting.cents
            if debit.kind == "expense":
                total -= posting.cents
            if credit.kind == "expense":
                total += posting.cents
        return total

    def statement(self, number):
        """(day, text, change, balance) for every movement, by day and number."""
        account = self.accounts[number]
        lines = []
        balance = 0
        for posting in sorted(self.postings, key=lambda p: (p.day, p.number)):
            if number not in (posting.debit, posting.credit):
                continue
            change = posting.cents if posting.debit == number else -posting.cents
            if not account.grows_by_debit:
                change = -change
            balance += change
            lines.append((posting.day, posting.text, change, balance))
        return lines

    def close(self, day):
        """No posting on or before that day any more."""
        if day < self.closed_until:
            raise Invalid(f"closed until {self.closed_until} already", subject=day)
        self.closed_until = day


def usual_accounts(ledger):
    """The accounts that the warehouse posts to."""
    ledger.open("1000", "cash", "asset")
    ledger.open("1200", "receivables", "asset")
    ledger.open("1400", "goods", "asset")
    ledger.open("2000", "payables", "liability")
    ledger.open("2200", "tax", "liability")
    ledger.open("4000", "sales", "income")
    ledger.open("5000", "cost of goods", "expense")
    ledger.open("5100", "shrinkage", "expense")
    return ledger
