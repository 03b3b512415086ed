"""When to buy again, and how much, and of whom."""

from dataclasses import dataclass
from math import ceil

from stockroom.errors import Invalid, Unknown


@dataclass(frozen=True)
class Offer:
    """What a supplier asks for one unit, in packs of so many."""

    supplier: str
    code: str
    price: int
    pack: int = 1
    days: int = 1
    least: int = 0

    def packs_for(self, amount):
        return ceil(max(amount, self.least) / self.pack)

    def cost_of(self, amount):
        """Of whole packs."""
        return self.packs_for(amount) * self.pack * self.price


@dataclass(frozen=True)
class Rule:
    """Buy when less than `point` is available, up to `level`."""

    code: str
    point: int
    level: int

    def __post_init__(self):
        if not 0 <= self.point < self.level:
            raise Invalid(f"rule of {self.code} has no room", subject=self.code)


@dataclass(frozen=True)
class Purchase:
    supplier: str
    code: str
    amount: int
    cost: int
    arrives: int


class Buyer:
    def __init__(self, stock):
        self.stock = stock
        self.offers = []
        self.rules = {}
        self.coming = []

    def add_offer(self, offer):
        self.stock.catalog.get(offer.code)
        if offer.pack < 1:
            raise Invalid(f"pack of {offer.pack}", subject=offer.code)
        self.offers.append(offer)

    def add_rule(self, rule):
        self.rules[rule.code] = rule

    def best_offer(self, code, amount, *, within=None):
        """The cheapest for the amount, of equals the fastest. Raises: Unknown."""
        fitting = [
            offer
            for offer in self.offers
            if offer.code == code and (within is None or offer.days <= within)
        ]
        if not fitting:
            raise Unknown(f"nobody offers {code}", subject=code)
        return min(fitting, key=lambda offer: (offer.cost_of(amount), offer.days))

    def expected(self, code):
        """What is available, and what is on its way."""
        return self.stock.available(code) + sum(p.amount for p in self.coming if p.code == code)

    def needed(self):
        """Amounts by code that the rules ask for."""
        wanted = {}
        for code, rule in sorted(self.rules.items()):
            expected = self.expected(code)
            if expected < rule.point:
                wanted[code] = rule.level - expected
        return wanted

    def buy(self, day, *, budget=None):
        """Order what is needed, the smallest purchases first while the budget lasts."""
        plans = []
        for code, amount in self.needed().items():
            try:
                offer = self.best_offer(code, amount)
            except Unknown:
                continue
            plans.append((offer.cost_of(amount), offer, amount))
        plans.sort(key=lambda plan: (plan[0], plan[1].code))
        made = []
        left = budget
        for cost, offer, amount in plans:
            if left is not None and cost > left:
                break
            packed = offer.packs_for(amount) * offer.pack
            made.append(Purchase(offer.supplier, offer.code, packed, cost, day + offer.days))
            if left is not None:
                left -= cost
        self.coming.extend(made)
        return made

    def arrive(self, day):
        """Put what is due on the shelf; the lots."""
        due = [purchase for purchase in self.coming if purchase.arrives <= day]
        self.coming = [purchase for purchase in self.coming if purchase.arrives > day]
        lots = []
        for purchase in due:
            cost = purchase.cost // purchase.amount
            lots.append(self.stock.receive(purchase.code, purchase.amount, cost=cost, day=day))
        return lots


def forecast(sales, days):
    """What will be sold in so many days, by the weighted mean of the past days.

    The newest day weighs as much as its place from the start; rounded up.
    """
    if not sales:
        return 0
    weights = range(1, len(sales) + 1)
    total = sum(weight * sold for weight, sold in zip(weights, sales))
    return ceil(total * days / sum(weights))
