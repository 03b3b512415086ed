"""A machine that sells drinks, as a table of states."""

COINS = (5, 10, 20, 50, 100)


class Refused(Exception):
    """What cannot be done in this state."""


class Machine:
    def __init__(self, prices, stock=None):
        self.prices = dict(prices)
        self.stock = dict.fromkeys(prices, 5) if stock is None else dict(stock)
        self.state = "idle"
        self.credit = 0
        self.takings = 0

    def insert(self, coin):
        if self.state == "locked":
            raise Refused("out of order")
        if coin not in COINS:
            raise Refused(f"no such coin: {coin}")
        self.credit += coin
        self.state = "paying"

    def choose(self, drink):
        """Sell one; the coins of the change, largest first."""
        if self.state != "paying":
            raise Refused("no money")
        if self.stock.get(drink, 0) == 0:
            raise Refused(f"no {drink}")
        price = self.prices[drink]
        if self.credit < price:
            raise Refused(f"{price - self.credit} missing")
        self.stock[drink] -= 1
        self.takings += price
        back = change(self.credit - price)
        self.credit = 0
        self.state = "idle"
        return back

    def cancel(self):
        """All coins back."""
        back = change(self.credit)
        self.credit = 0
        if self.state != "locked":
            self.state = "idle"
        return back

    def kick(self, hard=False):
        if hard:
            self.state = "locked"

    def repair(self):
        if self.state == "locked":
            self.state = "paying" if self.credit else "idle"

    def sold_out(self):
        return sorted(drink for drink, left in self.stock.items() if not left)


def change(amount):
    coins = []
    for coin in reversed(COINS):
        while amount >= coin:
            coins.append(coin)
            amount -= coin
    return coins
