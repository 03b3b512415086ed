"""Orders and the steps they take."""

from dataclasses import dataclass, field

from stockroom.errors import Invalid, Shortage, Unknown, WrongState

STEPS = {
    "draft": ("placed", "cancelled"),
    "placed": ("reserved", "waiting", "cancelled"),
    "waiting": ("reserved", "cancelled"),
    "reserved": ("shipped", "cancelled"),
    "shipped": ("paid", "returned"),
    "paid": ("returned",),
    "returned": (),
    "cancelled": (),
}


@dataclass
class Order:
    number: int
    customer: str
    day: int
    lines: dict = field(default_factory=dict)
    state: str = "draft"
    history: list = field(default_factory=list)
    picked: dict = field(default_factory=dict)
    urgent: bool = False
    gross: int = 0
    cost: int = 0
    tax: int = 0

    def add(self, code, amount):
        if self.state != "draft":
            raise WrongState(f"order {self.number} is {self.state}", subject=self.number)
        if amount <= 0:
            raise Invalid(f"{amount} of {code}", subject=code)
        self.lines[code] = self.lines.get(code, 0) + amount
        return self

    def drop(self, code):
        if self.state != "draft":
            raise WrongState(f"order {self.number} is {self.state}", subject=self.number)
        if code not in self.lines:
            raise Unknown(f"no {code} in order {self.number}", subject=code)
        del self.lines[code]

    def go(self, state, day):
        """Take a step. Raises: WrongState when it is not one from here."""
        if state not in STEPS[self.state]:
            raise WrongState(
                f"order {self.number} cannot go from {self.state} to {state}", subject=self.number
            )
        self.history.append((day, self.state, state))
        self.state = state

    @property
    def is_open(self):
        return bool(STEPS[self.state]) and self.state != "paid"


class Desk:
    """Takes orders from draft to payment, with stock, prices and books."""

    def __init__(self, stock, prices, ledger):
        self.stock = stock
        self.prices = prices
        self.ledger = ledger
        self.orders = {}
        self._next = 1

    def draft(self, customer, day, *, urgent=False):
        order = Order(self._next, customer, day, urgent=urgent)
        self._next += 1
        self.orders[order.number] = order
        return order

    def get(self, number):
        if number not in self.orders:
            raise Unknown(f"no order {number}", subject=number)
        return self.orders[number]

    def place(self, number, day):
        """Fix the price, and reserve when everything is there; else it waits."""
        order = self.get(number)
        if not order.lines:
            raise Invalid(f"order {number} is empty", subject=number)
        catalog = self.stock.catalog
        pairs = [(catalog.get(code), amount) for code, amount in order.lines.items()]
        order.go("placed", day)
        _, order.tax, order.gross = self.prices.total(pairs, customer=order.customer, day=day)
        if not self._reserve(order, day):
            order.go("waiting", day)
        return order

    def _reserve(self, order, day):
        """All lines or none."""
        done = []
        for code, amount in order.lines.items():
            try:
                self.stock.promise(code, amount, order.number, day=day)
            except Shortage:
                for other in done:
                    self.stock.release(other, order.number)
                return False
            done.append(code)
        order.go("reserved", day)
        return True

    def retry_waiting(self, day):
        """Reserve for those that wait, urgent ones first, then as they came; their numbers."""
        waiting = [order for order in self.orders.values() if order.state == "waiting"]
        waiting.sort(key=lambda order: (not order.urgent, order.number))
        return [order.number for order in waiting if self._reserve(order, day)]

    def ship(self, number, day):
        """Take the goods out and post what is owed and what it cost."""
        order = self.get(number)
        order.go("shipped", day)
        cost = 0
        for code, amount in order.lines.items():
            self.stock.release(code, order.number)
            picked = self.stock.take(code, amount, day=day)
            order.picked[code] = picked
            cost += sum(part.amount * part.cost for part in picked)
        order.cost = cost
        text = f"order {number}"
        if order.gross > order.tax:
            self.ledger.post(day, "1200", "4000", order.gross - order.tax, text)
        if order.tax:
            self.ledger.post(day, "1200", "2200", order.tax, text)
        if cost:
            self.ledger.post(day, "5000", "1400", cost, text)
        return order

    def pay(self, number, day):
        order = self.get(number)
        order.go("paid", day)
        if order.gross:
            self.ledger.post(day, "1000", "1200", order.gross, f"order {number}")
        return order

    def cancel(self, number, day):
        order = self.get(number)
        reserved = order.state == "reserved"
        order.go("cancelled", day)
        if reserved:
            for code in order.lines:
                self.stock.release(code, order.number)
        return order

    def take_back(self, number, day):
        """Goods back on the shelf, money back if it was paid."""
        order = self.get(number)
        was_paid = order.state == "paid"
        order.go("returned", day)
        for code, picked in order.picked.items():
            self.stock.put_back(code, picked, day=day)
        text = f"return of order {number}"
        account = "1000" if was_paid else "1200"
        if order.gross > order.tax:
            self.ledger.post(day, "4000", account, order.gross - order.tax, text)
        if order.tax:
            self.ledger.post(day, "2200", account, order.tax, text)
        if order.cost:
            self.ledger.post(day, "1400", "5000", order.cost, text)
        return order

    def open_orders(self, customer=None):
        return [
            order
            for order in self.orders.values()
            if order.is_open and (customer is None or order.customer == customer)
        ]

    def owed(self, customer):
        """What a customer has yet to pay, in cents."""
        return sum(
            order.gross
            for order in self.orders.values()
            if order.customer == customer and order.state == "shipped"
        )
