"""All of it together."""

from stockroom.catalog import Article, Catalog
from stockroom.errors import StockroomError
from stockroom.ledger import Ledger, usual_accounts
from stockroom.orders import Desk
from stockroom.pricing import PriceList
from stockroom.purchasing import Buyer, forecast
from stockroom.query import ask
from stockroom.reports import Sale
from stockroom.schedule import Schedule
from stockroom.stock import Stock


class Shop:
    """A warehouse with its books, and days that pass."""

    def __init__(self, *, tax=20):
        self.catalog = Catalog()
        self.stock = Stock(self.catalog)
        self.prices = PriceList(tax=tax)
        self.ledger = usual_accounts(Ledger())
        self.desk = Desk(self.stock, self.prices, self.ledger)
        self.buyer = Buyer(self.stock)
        self.schedule = Schedule()
        self.day = 0
        self.schedule.add("arrivals", 1, self._arrivals, priority=1, every=1)
        self.schedule.add("spoilage", 1, self._spoilage, priority=2, every=1)
        self.schedule.add("waiting", 1, self.desk.retry_waiting, priority=3, every=1)

    def article(self, code, name, price, **more):
        return self.catalog.add(Article(code, name, price=price, **more))

    def deliver(self, code, amount, cost, **more):
        """Goods on credit."""
        lot = self.stock.receive(code, amount, cost=cost, day=self.day, **more)
        if lot.value:
            self.ledger.post(self.day, "1400", "2000", lot.value, f"lot {lot.number}")
        return lot

    def order(self, customer, lines, *, urgent=False):
        """Place an order for amounts by code; it is cancelled again when it cannot be placed."""
        order = self.desk.draft(customer, self.day, urgent=urgent)
        try:
            for code, amount in lines.items():
                self.catalog.get(code)
                order.add(code, amount)
            return self.desk.place(order.number, self.day)
        except StockroomError:
            order.go("cancelled", self.day)
            raise

    def sell(self, customer, lines):
        """Order, ship and pay at once. Raises: Shortage's kin when it has to wait."""
        order = self.order(customer, lines)
        if order.state != "reserved":
            self.desk.cancel(order.number, self.day)
            raise StockroomError(f"order {order.number} had to wait", subject=order.number)
        self.desk.ship(order.number, self.day)
        return self.desk.pay(order.number, self.day)

    def pass_days(self, count=1):
        """Let days pass; what was done on them."""
        self.day += count
        return self.schedule.run_until(self.day)

    def sales(self):
        """One a line of every order that was shipped and not returned."""
        found = []
        for order in self.desk.orders.values():
            if order.state not in ("shipped", "paid"):
                continue
            shipped = next(day for day, _, after in order.history if after == "shipped")
            for code, amount in order.lines.items():
                price = self.prices.unit_price(
                    self.catalog.get(code), amount, customer=order.customer, day=order.day
                )
                found.append(Sale(shipped, order.customer, code, amount, price * amount))
        return found

    def outlook(self, code, days, *, past=7):
        """What will be sold in the coming days, by the past ones."""
        sold = [0] * past
        for sale in self.sales():
            ago = self.day - sale.day
            if sale.code == code and 0 <= ago < past:
                sold[past - 1 - ago] += sale.amount
        return forecast(sold, days)

    def find(self, question):
        """Articles with what is on hand, as dicts, by a question."""
        rows = [
            {
                "code": article.code,
                "name": article.name,
                "price": article.price,
                "group": article.group,
                "tags": article.tags,
                "hand": self.stock.on_hand(article.code),
                "free": self.stock.available(article.code),
            }
            for article in self.catalog
        ]
        return ask(question, rows)

    def is_balanced(self):
        """Whether the books agree with themselves and with the shelves."""
        _, debits, credits_ = self.ledger.trial_balance()
        return debits == credits_ and self.ledger.balance("1400") == self.stock.value()

    def _arrivals(self, day):
        for lot in self.buyer.arrive(day):
            if lot.value:
                self.ledger.post(day, "1400", "2000", lot.value, f"lot {lot.number}")

    def _spoilage(self, day):
        lost = self.stock.discard_expired(day)
        if lost:
            self.ledger.post(day, "5100", "1400", lost, "spoilt")
