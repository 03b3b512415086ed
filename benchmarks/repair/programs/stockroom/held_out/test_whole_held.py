import random

import pytest
from stockroom.catalog import Article, Catalog
from stockroom.errors import Invalid, Shortage, StockroomError, Unknown, WrongState
from stockroom.importing import flag, read_articles, read_deliveries
from stockroom.ledger import Ledger, usual_accounts
from stockroom.orders import STEPS
from stockroom.purchasing import Buyer, Offer, Rule, forecast
from stockroom.shop import Shop
from stockroom.stock import Stock


def stock_of():
    catalog = Catalog()
    for number in range(3):
        catalog.add(Article(f"AB-00{number}", "x", price=100))
    return Stock(catalog)


@pytest.mark.parametrize("seed", range(40))
def test_stock_keeps_count(seed):
    chance = random.Random(seed)
    stock, there, worth, promised = stock_of(), 0, 0, {}
    code = "AB-001"
    for day in range(1, 30):
        what = chance.choice(["receive", "receive", "take", "promise", "release", "move", "count", "back"])
        amount = chance.randrange(1, 12)
        if what == "receive":
            cost = chance.randrange(1, 50)
            lot = stock.receive(code, amount, cost=cost, day=day, place=chance.choice(["main", "back"]))
            assert lot.value == amount * cost
            there, worth = there + amount, worth + lot.value
        elif what in ("take", "back"):
            oldest = stock.lots(code)
            try:
                picked = stock.take(code, amount, day=day)
            except Shortage as error:
                assert amount > there and error.missing == amount - there
                continue
            assert amount <= there and sum(p.amount for p in picked) == amount
            assert [p.lot for p in picked] == [lot.number for lot in oldest[: len(picked)]]
            if what == "back":
                stock.put_back(code, picked, day=day)
            else:
                there -= amount
                worth -= sum(p.amount * p.cost for p in picked)
        elif what == "promise":
            free = max(0, there - sum(promised.values()))
            if amount > free:
                with pytest.raises(Shortage):
                    stock.promise(code, amount, seed)
            else:
                stock.promise(code, amount, day % 3)
                promised[day % 3] = promised.get(day % 3, 0) + amount
        elif what == "release":
            owner = chance.randrange(3)
            held = promised.get(owner, 0)
            assert stock.release(code, owner, amount) == min(held, amount)
            promised[owner] = held - min(held, amount)
        elif what == "move":
            there_now = stock.on_hand(code, place="main")
            if there_now >= amount:
                stock.move(code, amount, source="main", target="back", day=day)
                assert stock.on_hand(code, place="main") == there_now - amount
            else:
                with pytest.raises(Shortage):
                    stock.move(code, amount, source="main", target="back", day=day)
        elif there:
            counted = max(0, there + chance.randrange(-3, 4))
            newest = max(stock.lots(code), key=lambda lot: lot.number).cost
            before = stock.value(code)
            assert stock.count(code, counted, day=day) == counted - there
            if counted > there:
                assert stock.value(code) == before + newest * (counted - there)
            there, worth = counted, stock.value(code)
        assert stock.on_hand(code) == there and stock.value(code) == worth == stock.value()
        assert stock.promised(code) == sum(promised.values())
        assert stock.available(code) == max(0, there - sum(promised.values()))
        assert sum(stock.places(code).values()) == there
        assert all(lot.amount > 0 for lot in stock.lots(code))
        if there:
            assert abs(stock.average_cost(code) * there - worth) <= there / 2


@pytest.mark.parametrize("day", range(1, 12))
def test_expiry(day):
    stock = stock_of()
    for expires in (None, 9, 3, 6, 9):
        stock.receive("AB-000", 2, cost=10, day=1, expires=expires)
    good = [expires for expires in (3, 6, 9, 9, None) if expires is None or day < expires]
    assert [lot.expires for lot in stock.lots("AB-000", day=day)] == good
    assert stock.on_hand("AB-000", day=day) == stock.available("AB-000", day=day) == 2 * len(good)
    assert len(stock.expired(day)) == 5 - len(good)
    assert stock.discard_expired(day) == 20 * (5 - len(good))
    assert stock.on_hand("AB-000") == 2 * len(good)


@pytest.mark.parametrize("seed", range(30))
def test_books_are_balanced(seed):
    chance = random.Random(seed)
    ledger = usual_accounts(Ledger())
    kinds = {number: account.kind for number, account in ledger.accounts.items()}
    model = []
    for _ in range(20):
        debit, credit = chance.sample(sorted(kinds), 2)
        day, cents = chance.randrange(30), chance.randrange(1, 500)
        ledger.post(day, debit, credit, cents)
        model.append((day, debit, credit, cents))
    if seed % 2:
        number = chance.randrange(1, 21)
        ledger.reverse(number, 15)
        _, debit, credit, cents = model[number - 1]
        model.append((15, credit, debit, cents))
    for number, kind in kinds.items():
        sign = 1 if kind in ("asset", "expense") else -1
        for until in (None, 10):
            total = sum(
                c * ((d == number) - (k == number)) for day, d, k, c in model if until is None or day <= until
            )
            assert ledger.balance(number, until=until) == sign * total
        lines = ledger.statement(number)
        assert [line[0] for line in lines] == sorted(line[0] for line in lines)
        assert (lines[-1][3] if lines else 0) == ledger.balance(number)
        assert sum(line[2] for line in lines) == ledger.balance(number)
    rows, debits, credits_ = ledger.trial_balance()
    assert debits == credits_ == sum(row[1] for row in rows) == sum(row[2] for row in rows)
    assert all((row[1] > 0) != (row[2] > 0) for row in rows)
    for first, last in ((0, None), (5, 20), (15, 15)):
        days = [m for m in model if first <= m[0] and (last is None or m[0] <= last)]
        gain = sum(c * ((kinds[k] in ("income", "expense")) - (kinds[d] in ("income", "expense"))) for _, d, k, c in days)
        assert ledger.profit(first=first, last=last) == gain


def test_closed_days():
    ledger = usual_accounts(Ledger())
    ledger.post(0, "1000", "4000", 1)
    ledger.close(5)
    ledger.close(5)
    for day, fits in ((4, False), (5, False), (6, True)):
        if fits:
            ledger.post(day, "1000", "4000", 1)
        else:
            with pytest.raises(Invalid):
                ledger.post(day, "1000", "4000", 1)
    with pytest.raises(Unknown):
        ledger.balance("77")


def shop_of():
    shop = Shop(tax=10)
    shop.article("AB-001", "Thing", 100)
    shop.article("AB-002", "Other thing", 250, group="a/b")
    return shop


@pytest.mark.parametrize("seed", range(40))
def test_shop_stays_balanced(seed):
    chance = random.Random(seed)
    shop = shop_of()
    owed, cash = {}, 0
    for step in range(25):
        what = chance.choice(["deliver", "order", "ship", "pay", "cancel", "back", "day", "buy"])
        orders = list(shop.desk.orders.values())
        order = chance.choice(orders) if orders else None
        code = chance.choice(["AB-001", "AB-002"])
        if what == "deliver":
            spoils = chance.choice([None, None, shop.day + 2])
            shop.deliver(code, chance.randrange(1, 20), chance.randrange(0, 60), expires=spoils)
        elif what == "order":
            lines = {"AB-001": chance.randrange(1, 8), "AB-002": chance.randrange(1, 5)}
            free = {c: shop.stock.available(c, day=shop.day) for c in lines}
            order = shop.order(chance.choice("xy"), lines, urgent=chance.random() < 0.3)
            fits = all(free[c] >= n for c, n in lines.items())
            assert order.state == ("reserved" if fits else "waiting")
            assert order.gross == (lines["AB-001"] * 100 + lines["AB-002"] * 250) + order.tax
        elif what == "day":
            shop.pass_days(chance.randrange(1, 3))
        elif what == "buy":
            shop.buyer.offers.clear()
            shop.buyer.add_offer(Offer("s", code, 20, pack=5, days=1))
            shop.buyer.add_rule(Rule(code, 3, 10))
            shop.buyer.buy(shop.day)
        elif order is not None:
            target = {"ship": "shipped", "pay": "paid", "cancel": "cancelled", "back": "returned"}[what]
            call = {"ship": shop.desk.ship, "pay": shop.desk.pay, "cancel": shop.desk.cancel, "back": shop.desk.take_back}
            before = order.state
            short = any(shop.stock.on_hand(c, day=shop.day) < n for c, n in order.lines.items())
            if target not in STEPS[before]:
                with pytest.raises(WrongState):
                    call[what](order.number, shop.day)
                continue
            if what == "ship" and short:
                continue
            call[what](order.number, shop.day)
            assert order.state == target and order.history[-1] == (shop.day, before, target)
            assert all(shop.stock.promised(c, order.number) == 0 for c in order.lines)
            if target == "shipped":
                owed[order.customer] = owed.get(order.customer, 0) + order.gross
            elif target == "paid" or before == "shipped":
                owed[order.customer] -= order.gross
                cash += order.gross if target == "paid" else 0
            elif before == "paid":
                cash -= order.gross
        assert shop.is_balanced()
        assert all(shop.desk.owed(c) == owed.get(c, 0) for c in "xy")
        assert shop.ledger.balance("1200") == sum(owed.values())
        assert shop.ledger.balance("1000") == cash
        live = [o for o in shop.desk.orders.values() if o.state not in ("paid", "returned", "cancelled")]
        assert shop.desk.open_orders() == live
        assert sum(s.cents for s in shop.sales()) == sum(
            o.gross - o.tax for o in shop.desk.orders.values() if o.state in ("shipped", "paid")
        )


def test_waiting_line():
    shop = shop_of()
    calm = [shop.order("x", {"AB-001": n}) for n in (3, 5, 2)]
    urgent = [shop.order("y", {"AB-001": n}, urgent=True) for n in (4, 1)]
    shop.deliver("AB-001", 10, 5)
    assert shop.desk.retry_waiting(1) == [4, 5, 1, 3]
    assert [o.state for o in calm + urgent] == ["reserved", "waiting", "reserved", "reserved", "reserved"]


@pytest.mark.parametrize("amount", range(1, 41, 3))
@pytest.mark.parametrize("within", [None, 2, 4])
def test_offers_by_trying_all(amount, within):
    stock = stock_of()
    buyer = Buyer(stock)
    offers = [
        Offer("a", "AB-000", 5, pack=1, days=4),
        Offer("b", "AB-000", 4, pack=12, days=2),
        Offer("c", "AB-000", 3, pack=10, days=5, least=20),
        Offer("d", "AB-000", 5, pack=1, days=3),
        Offer("e", "AB-001", 1),
    ]
    for offer in offers:
        buyer.add_offer(offer)
    costs = []
    for offer in offers[:4]:
        if within is None or offer.days <= within:
            wanted = max(amount, offer.least)
            packs = -(-wanted // offer.pack)
            assert offer.packs_for(amount) == packs
            costs.append((packs * offer.pack * offer.price, offer.days, offer.supplier))
    assert buyer.best_offer("AB-000", amount, within=within).supplier == min(costs)[2]
    buyer.add_rule(Rule("AB-000", 1, amount))if amount > 1 else None
    for budget in (None, 0, min(costs)[0] - 1, 10**6):
        buyer.coming = []
        made = buyer.buy(3, budget=budget)
        affordable = amount > 1 and (budget is None or budget >= min(c for c, _, _ in all_costs(offers[:4], amount)))
        assert bool(made) is affordable
        for purchase in made:
            assert purchase.amount >= amount and purchase.arrives > 3
            assert buyer.expected("AB-000") == purchase.amount


def all_costs(offers, amount):
    return [(o.cost_of(amount), o.days, o.supplier) for o in offers]


@pytest.mark.parametrize("sales", [[1], [0, 0], [1, 2, 3], [5, 0, 0], [0, 0, 5], [2] * 7])
@pytest.mark.parametrize("days", [0, 1, 3, 10])
def test_forecast_by_definition(sales, days):
    top = sum((n + 1) * sold for n, sold in enumerate(sales)) * days
    bottom = len(sales) * (len(sales) + 1) // 2
    assert forecast(sales, days) == -(-top // bottom)


def test_outlook_counts_only_what_was_sold_of_it():
    shop = shop_of()
    shop.deliver("AB-001", 50, 1)
    shop.deliver("AB-002", 50, 1)
    for amount in (2, 0, 5):
        if amount:
            shop.sell("x", {"AB-001": amount, "AB-002": 9})
        shop.pass_days()
    assert shop.outlook("AB-001", 7, past=4) == forecast([2, 0, 5, 0], 7)
    assert shop.outlook("AB-001", 7, past=2) == forecast([5, 0], 7)
    assert [row["hand"] for row in shop.find("code = \"AB-001\"")] == [43]


def test_selling_what_is_not_there():
    shop = shop_of()
    with pytest.raises(StockroomError):
        shop.sell("x", {"AB-001": 1})
    with pytest.raises(Invalid):
        shop.order("x", {"AB-001": 0})
    with pytest.raises(Invalid):
        shop.order("x", {})
    assert [o.state for o in shop.desk.orders.values()] == ["cancelled"] * 3


def test_imports():
    stock = stock_of()
    text = 'code;name;price;skip\nCD-001;"A ""b"" ;c";1,5;no\nCD-002;;2;\nCD-003;x;y;\nCD-004;x;1;1\n'
    result = read_articles(text, stock.catalog)
    assert [(a.code, a.name, a.price) for a in result.good] == [("CD-001", 'A "b" ;c', 150), ("CD-002", "", 200)]
    assert [n for n, _ in result.bad] == [4] and "CD-004" not in stock.catalog
    text = "code;amount;cost\nCD-001;3;0.10\nCD-001;0;1\nCD-001;2;x\nCD-009;2;1\nCD-002;7;2\n"
    result = read_deliveries(text, stock, 4)
    assert [(lot.code, lot.amount, lot.cost, lot.day) for lot in result.good] == [("CD-001", 3, 10, 4), ("CD-002", 7, 200, 4)]
    assert [n for n, _ in result.bad] == [3, 4, 5]
    assert [flag(t) for t in ("Y", "TRUE", "1", "n", "False", "0", "")] == [True] * 3 + [False] * 4
