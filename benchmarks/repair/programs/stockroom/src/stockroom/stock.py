"""What lies where: lots of an article on places, first in, first out."""

from dataclasses import dataclass, replace

from stockroom.errors import Duplicate, Invalid, Shortage, Unknown


@dataclass(frozen=True)
class Lot:
    """A delivery of one article; `cost` is in cents for one unit."""

    number: int
    code: str
    amount: int
    cost: int
    day: int
    expires: int | None = None
    place: str = "main"

    def is_good(self, day):
        return self.expires is None or day < self.expires

    @property
    def value(self):
        return self.amount * self.cost


@dataclass(frozen=True)
class Picked:
    """A part of a lot that was taken."""

    lot: int
    amount: int
    cost: int
    place: str


class Stock:
    """Lots by article, and what of them is promised to orders."""

    def __init__(self, catalog):
        self.catalog = catalog
        self._lots = {}
        self._promised = {}
        self._next = 1

    def receive(self, code, amount, *, cost, day, expires=None, place="main"):
        """A new lot. Raises: Unknown; Invalid."""
        self.catalog.get(code)
        if amount <= 0:
            raise Invalid(f"{amount} of {code} cannot be received", subject=code)
        if expires is not None and expires <= day:
            raise Invalid(f"{code} is spoilt already", subject=code)
        lot = Lot(self._next, code, amount, cost, day, expires, place)
        self._next += 1
        self._lots.setdefault(code, []).append(lot)
        return lot

    def lots(self, code, *, day=None, place=None):
        """In the order in which they are taken: what expires first, then what came first."""
        found = []
        for lot in self._lots.get(code, []):
            if day is not None and not lot.is_good(day):
                continue
            if place is not None and lot.place != place:
                continue
            found.append(lot)
        found.sort(key=lambda lot: (lot.expires is None, lot.expires or 0, lot.day, lot.number))
        return found

    def on_hand(self, code, *, day=None, place=None):
        return sum(lot.amount for lot in self.lots(code, day=day, place=place))

    def available(self, code, *, day=None):
        """What is there and promised to nobody; never below 0."""
        promised = sum(self._promised.get(code, {}).values())
        return max(0, self.on_hand(code, day=day) - promised)

    def promise(self, code, amount, owner, *, day=None):
        """Keep some for somebody. Raises: Shortage."""
        free = self.available(code, day=day)
        if amount > free:
            raise Shortage(
                f"{code}: {amount} wanted, {free} available",
                subject=code,
                wanted=amount,
                available=free,
            )
        owners = self._promised.setdefault(code, {})
        owners[owner] = owners.get(owner, 0) + amount

    def release(self, code, owner, amount=None):
        """Give back what was promised, all of it or so much; the amount given back."""
        owners = self._promised.get(code, {})
        held = owners.get(owner, 0)
        given = held if amount is None else min(amount, held)
        if given == held:
            owners.pop(owner, None)
        else:
            owners[owner] = held - given
        return given

    def promised(self, code, owner=None):
        owners = self._promised.get(code, {})
        if owner is None:
            return sum(owners.values())
        return owners.get(owner, 0)

    def take(self, code, amount, *, day, place=None):
        """Remove from the lots in order; what was taken of each. Raises: Shortage."""
        lots = self.lots(code, day=day, place=place)
        there = sum(lot.amount for lot in lots)
        if there < amount:
            raise Shortage(
                f"{code}: {amount} wanted, {there} there",
                subject=code,
                wanted=amount,
                available=there,
            )
        picked = []
        left = amount
        for lot in lots:
            if left == 0:
                break
            part = min(left, lot.amount)
            picked.append(Picked(lot.number, part, lot.cost, lot.place))
            self._set(lot, lot.amount - part)
            left -= part
        return picked

    def put_back(self, code, picked, *, day):
        """Undo a take; a lot that is gone comes back as a new one."""
        for part in picked:
            lot = self._by_number(code, part.lot)
            if lot is None:
                self.receive(code, part.amount, cost=part.cost, day=day, place=part.place)
            else:
                self._set(lot, lot.amount + part.amount)

    def move(self, code, amount, *, source, target, day):
        """Carry from place to place; lots are split, their ages stay. Raises: Shortage."""
        if source == target:
            raise Duplicate(f"{code} is at {target} already", subject=code)
        lots = self.lots(code, place=source)
        if sum(lot.amount for lot in lots) < amount:
            raise Shortage(f"{code}: not {amount} at {source}", subject=code, wanted=amount)
        left = amount
        for lot in lots:
            if left == 0:
                break
            part = min(left, lot.amount)
            self._set(lot, lot.amount - part)
            moved = replace(lot, number=self._next, amount=part, place=target)
            self._next += 1
            self._lots[code].append(moved)
            left -= part

    def expired(self, day):
        """Lots that are good no more, by number."""
        every = [lot for lots in self._lots.values() for lot in lots]
        return sorted(
            (lot for lot in every if not lot.is_good(day)), key=lambda lot: lot.number
        )

    def discard_expired(self, day):
        """Remove them; their value."""
        lost = 0
        for lot in self.expired(day):
            lost += lot.value
            self._set(lot, 0)
        return lost

    def value(self, code=None):
        codes = self._lots if code is None else [code]
        return sum(lot.value for each in codes for lot in self._lots.get(each, []))

    def average_cost(self, code):
        """In cents, rounded half up. Raises: Unknown when there is none."""
        amount = self.on_hand(code)
        if amount == 0:
            raise Unknown(f"no {code} on hand", subject=code)
        return (2 * self.value(code) + amount) // (2 * amount)

    def places(self, code):
        """Amounts by place."""
        found = {}
        for lot in self._lots.get(code, []):
            found[lot.place] = found.get(lot.place, 0) + lot.amount
        return found

    def count(self, code, counted, *, day):
        """Set to what was counted; the difference. A surplus costs what the newest lot did."""
        difference = counted - self.on_hand(code)
        if difference < 0:
            left = -difference
            for lot in reversed(self.lots(code)):
                part = min(left, lot.amount)
                self._set(lot, lot.amount - part)
                left -= part
        elif difference > 0:
            lots = self._lots.get(code, [])
            cost = max(lots, key=lambda lot: lot.number).cost if lots else 0
            self.receive(code, difference, cost=cost, day=day)
        return difference

    def _by_number(self, code, number):
        for lot in self._lots.get(code, []):
            if lot.number == number:
                return lot
        return None

    def _set(self, lot, amount):
        lots = self._lots[lot.code]
        place = next(n for n, other in enumerate(lots) if other.number == lot.number)
        if amount == 0:
            del lots[place]
        else:
            lots[place] = replace(lot, amount=amount)
