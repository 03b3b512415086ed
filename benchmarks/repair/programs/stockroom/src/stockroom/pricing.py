"""What a customer pays: list prices, steps, campaigns and tax, in whole cents."""

from dataclasses import dataclass, field

from stockroom.errors import Invalid


def percent_of(cents, percent):
    """Rounded half away from zero."""
    scaled = cents * percent
    sign = -1 if scaled < 0 else 1
    return sign * ((abs(scaled) + 50) // 100)


@dataclass(frozen=True)
class Step:
    """From so many on, so many percent off."""

    amount: int
    percent: int


@dataclass(frozen=True)
class Campaign:
    """Percent off for a group or article, on days first..last."""

    name: str
    percent: int
    first: int
    last: int
    group: str = ""
    code: str = ""
    customers: frozenset = frozenset()

    def __post_init__(self):
        if not 0 < self.percent <= 100:
            raise Invalid(f"{self.percent} % of {self.name}", subject=self.name)
        if self.last < self.first:
            raise Invalid(f"{self.name} ends before it begins", subject=self.name)

    def applies(self, article, customer, day):
        if not self.first <= day <= self.last:
            return False
        if self.customers and customer not in self.customers:
            return False
        if self.code:
            return article.code == self.code
        if self.group:
            return article.group == self.group or article.group.startswith(self.group + "/")
        return True


@dataclass
class PriceList:
    """How prices are made."""

    steps: dict = field(default_factory=dict)
    """Steps by article code; "" for all others."""
    campaigns: list = field(default_factory=list)
    special: dict = field(default_factory=dict)
    """Prices by (customer, code); nothing else is taken off them."""
    tax: int = 20

    def add_steps(self, code, *pairs):
        steps = sorted((Step(amount, percent) for amount, percent in pairs), key=lambda s: s.amount)
        for before, after in zip(steps, steps[1:]):
            if after.percent <= before.percent:
                raise Invalid(f"steps of {code or 'all'} do not rise", subject=code)
        self.steps[code] = steps

    def step_percent(self, code, amount):
        """What is off for so many."""
        percent = 0
        for step in self.steps.get(code, self.steps.get("", [])):
            if amount >= step.amount:
                percent = step.percent
        return percent

    def campaign(self, article, customer, day):
        """The one that takes off most, the first of equals; None without any."""
        best = None
        for campaign in self.campaigns:
            if not campaign.applies(article, customer, day):
                continue
            if best is None or campaign.percent > best.percent:
                best = campaign
        return best

    def unit_price(self, article, amount=1, *, customer="", day=0):
        """For one of so many: the steps first, then the campaign on what is left."""
        special = self.special.get((customer, article.code))
        if special is not None:
            return special
        price = article.price
        price -= percent_of(price, self.step_percent(article.code, amount))
        campaign = self.campaign(article, customer, day)
        if campaign is not None:
            price -= percent_of(price, campaign.percent)
        return price

    def total(self, lines, *, customer="", day=0):
        """(net, tax, gross) of pairs of article and amount."""
        net = sum(
            self.unit_price(article, amount, customer=customer, day=day) * amount
            for article, amount in lines
        )
        tax = percent_of(net, self.tax)
        return net, tax, net + tax


def shared(cents, weights):
    """Cents by weight; they add up, the greatest remainders get the odd cents."""
    total = sum(weights)
    if total == 0:
        raise Invalid("nothing to share by")
    parts = [cents * weight // total for weight in weights]
    remainders = [(cents * weight) % total for weight in weights]
    order = sorted(range(len(weights)), key=lambda n: (-remainders[n], n))
    for n in order[: cents - sum(parts)]:
        parts[n] += 1
    return parts
