import random
from fractions import Fraction
from itertools import permutations, product

import pytest
from stockroom.aisles import Floor, packed
from stockroom.catalog import Article, Catalog
from stockroom.errors import BadQuery, Invalid, Unknown
from stockroom.importing import cells, cents, records
from stockroom.journal import Journal
from stockroom.pricing import Campaign, PriceList, percent_of, shared
from stockroom.query import ask
from stockroom.reports import Sale, abc, aged, by_period, median, moving_mean, pivot, streak, totals, turnover_days
from stockroom.schedule import Schedule
from stockroom.stock import Lot
from stockroom.units import FACTORS, Quantity, best_unit


@pytest.mark.parametrize("source", FACTORS)
@pytest.mark.parametrize("target", FACTORS)
def test_units_convert_back_or_not_at_all(source, target):
    quantity = Quantity(Fraction(7, 3), source)
    if FACTORS[source][0] != FACTORS[target][0]:
        with pytest.raises(Invalid):
            quantity.to(target)
        return
    assert quantity.to(target).to(source) == quantity
    assert quantity + Quantity(1, target) - Quantity(1, target) == quantity
    assert (quantity < quantity * 2) and quantity <= quantity and not quantity < quantity
    best = best_unit(Quantity(144, source))
    assert best.to(source) == Quantity(144, source) and best.amount.denominator == 1
    assert best.amount <= 144


@pytest.mark.parametrize("seed", range(15))
def test_catalog_like_a_list(seed):
    chance = random.Random(seed)
    catalog, model = Catalog(), {}
    words = ["red", "redder", "blue", "bread", "fish"]
    for number in range(12):
        code = f"AB-{number:03}"
        group = chance.choice(["", "a", "a/b", "ab", "a/b/c"])
        article = Article(code, " ".join(chance.sample(words, 2)), group=group)
        model[code] = catalog.add(article)
        if chance.random() < 0.3:
            gone = chance.choice(sorted(model))
            assert catalog.remove(gone) == model.pop(gone)
    assert [a.code for a in catalog] == sorted(model) and len(catalog) == len(model)
    for text in ("red", "re", "blue f", "b", "bread red", "redd", "x"):
        asked = text.split()

        def score(article):
            marks = []
            for word in asked:
                hits = [2 if w == word else 1 for w in article.words() if w.startswith(word)]
                marks.append(max(hits, default=0))
            return sum(marks) if all(marks) else 0

        expected = sorted((-score(a), a.code) for a in model.values() if score(a))
        assert [(-score(a), a.code) for a in catalog.find(text)] == expected
    for group in ("a", "a/b"):
        if group in catalog.groups:
            inside = [c for c, a in model.items() if (a.group + "/").startswith(group + "/")]
            assert [a.code for a in catalog.in_group(group)] == sorted(inside)
            exact = sorted(c for c, a in model.items() if a.group == group)
            assert [a.code for a in catalog.in_group(group, deep=False)] == exact


@pytest.mark.parametrize("cents_", range(-60, 400, 23))
@pytest.mark.parametrize("percent", [0, 1, 5, 33, 50, 99, 100])
def test_percent_rounds_to_the_nearest(cents_, percent):
    part = percent_of(cents_, percent)
    assert abs(part * 100 - cents_ * percent) <= 50
    assert percent_of(-cents_, percent) == -part
    if cents_ > 0 and cents_ * percent % 100 == 50:
        assert part * 100 > cents_ * percent


@pytest.mark.parametrize("seed", range(30))
def test_shared_is_fair(seed):
    chance = random.Random(seed)
    weights = [chance.randrange(5) for _ in range(chance.randrange(1, 6))]
    amount = chance.randrange(100)
    if not any(weights):
        weights[0] = 1
    parts = shared(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights):
        assert abs(part * sum(weights) - amount * weight) < sum(weights)
        assert weight or not part


@pytest.mark.parametrize("seed", range(20))
def test_prices_step_by_step(seed):
    chance = random.Random(seed)
    article = Article("AB-001", "x", price=chance.randrange(1, 999), group="a/b")
    prices = PriceList(tax=chance.randrange(30))
    steps = sorted(chance.sample(range(2, 20), 3))
    rates = sorted(chance.sample(range(1, 60), 3))
    prices.add_steps(chance.choice(["", "AB-001"]), *reversed(list(zip(steps, rates))))
    prices.campaigns = [
        Campaign(str(n), chance.randrange(1, 90), n, n + 3, group=chance.choice(["", "a", "c", "a/b", "a/"]))
        for n in range(4)
    ]
    for amount, day in product(range(1, 22, 2), range(8)):
        rate = max([r for s, r in zip(steps, rates) if amount >= s], default=0)
        price = article.price - percent_of(article.price, rate)
        fitting = [
            c.percent for n, c in enumerate(prices.campaigns) if n <= day <= n + 3 and c.group in ("", "a", "a/b")
        ]
        price -= percent_of(price, max(fitting, default=0))
        assert prices.unit_price(article, amount, day=day) == price
        net, tax, gross = prices.total([(article, amount)], day=day)
        assert (net, gross) == (price * amount, net + tax) and tax == percent_of(net, prices.tax)


@pytest.mark.parametrize("seed", range(25))
def test_schedule_like_a_sorted_list(seed):
    chance = random.Random(seed)
    schedule, model = Schedule(), []
    for number in range(8):
        day, priority = chance.randrange(1, 9), chance.randrange(3)
        every = chance.choice([None, None, 1, 3])
        times = chance.choice([None, 1, 2]) if every else None
        name = f"job{number}"
        schedule.add(name, day, lambda day: None, priority=priority, every=every, times=times)
        if chance.random() < 0.2:
            schedule.cancel(name)
            continue
        days = [day] if every is None else list(range(day, 13, every))
        model += [(d, priority, name) for d in days[:times] if d <= 12]
    split = chance.randrange(1, 12)
    done = schedule.run_until(split) + schedule.run_until(12)
    assert [(d, n) for d, n in done] == schedule.log
    assert sorted(done) == sorted((d, name) for d, _, name in model)
    order = {(d, name): (d, p) for d, p, name in model}
    assert [order[item] for item in done] == sorted(order[item] for item in done)
    assert schedule.today == 12 and (schedule.next_day() or 13) > 12


def test_followers_wait_only_for_what_runs_that_day():
    for names in permutations("abc"):
        schedule = Schedule()
        for name in names:
            schedule.add(name, 1, lambda day: None)
        schedule.after("a", "b")
        schedule.after("b", "c")
        schedule.after("a", "z")
        assert [n for _, n in schedule.run_until(1)] == ["c", "b", "a"]


ROWS = [{"n": n, "name": "abc"[n % 3] * (n % 2 + 1), "tags": {n % 4}} for n in range(12)]


@pytest.mark.parametrize("sign", ["=", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("value", [-1, 0, 5, 11, 12])
def test_comparisons_like_python(sign, value):
    python = {"=": "=="}.get(sign, sign)
    expected = [row for row in ROWS if eval(f"{row['n']} {python} {value}")]
    assert ask(f"n {sign} {value}", ROWS) == expected
    assert ask(f"not n {sign} {value}", ROWS) == [row for row in ROWS if row not in expected]


@pytest.mark.parametrize("low, high", [(0, 3), (4, 4), (9, 99), (5, 2)])
@pytest.mark.parametrize("skip", [0, 1, 4])
@pytest.mark.parametrize("limit", [0, 2, 50])
def test_windows_of_rows(low, high, skip, limit):
    expected = [row for row in ROWS if low <= row["n"] <= high]
    assert ask(f"n between {low} and {high} skip {skip} limit {limit}", ROWS) == expected[skip : skip + limit]
    ranked = sorted(expected, key=lambda r: (r["name"], -r["n"]))
    assert ask(f"n >= {low} and n <= {high} sort name, -n", ROWS) == ranked
    names = {row["name"] for row in expected}
    found = ask("name in (a, aa, b) or n > 9 and not tags = 3", ROWS)
    assert found == [r for r in ROWS if r["name"] in ("a", "aa", "b") or (r["n"] > 9 and 3 not in r["tags"])]
    assert len(names) <= len(expected)


@pytest.mark.parametrize("text", ["n", "n =", "= 3", "(n = 3", "n = 3)", "n in ()", "n in (1", "sort n,", "limit", "n = 3 or", "not", "n between 1 or 2", "n ? 2"])
def test_what_is_no_question(text):
    with pytest.raises(BadQuery):
        ask(text, ROWS)


@pytest.mark.parametrize("seed", range(20))
def test_reports_by_definition(seed):
    chance = random.Random(seed)
    sales = [
        Sale(chance.randrange(20), chance.choice("xyz"), chance.choice("abcde"), chance.randrange(1, 9), chance.randrange(1, 99))
        for _ in range(seed)
    ]
    whole = sum(s.cents for s in sales)
    ranked = totals(sales, lambda s: s.code)
    assert ranked == sorted(
        ((c, sum(s.cents for s in sales if s.code == c)) for c in {s.code for s in sales}), key=lambda i: (-i[1], i[0])
    )
    classes, running = abc(sales), 0
    for code, part in ranked:
        share = running / whole
        assert classes[code] == ("A" if share < 0.8 else "B" if share < 0.95 else "C")
        running += part
    periods = by_period(sales, 6, first=2, last=18)
    assert periods == [sum(s.cents for s in sales if a <= s.day < a + 6 and 2 <= s.day <= 18) for a in (2, 8, 14)]
    values = [s.cents for s in sales]
    means = moving_mean(values, 3)
    assert means == pytest.approx([sum(values[max(0, n - 2) : n + 1]) / min(n + 1, 3) for n in range(len(values))])
    start, length = streak(values, 50)
    runs = [(n, m) for n in range(len(values)) for m in range(1, len(values) - n + 1) if min(values[n : n + m]) >= 50]
    longest = max((m for _, m in runs), default=0)
    assert length == longest and start == next((n for n, m in runs if m == longest), -1)
    rows, columns, table = pivot(sales, lambda s: s.customer, lambda s: s.code)
    for (r, row), (c, column) in product(enumerate(rows), enumerate(columns)):
        assert table[r][c] == sum(s.cents for s in sales if (s.customer, s.code) == (row, column))
    if sales:
        newest = max(s.day for s in sales)
        sold = sum(s.amount for s in sales if newest - 5 < s.day)
        assert turnover_days(sales, 100, 5) == 500 // sold
        below = sum(v < median(values) for v in values)
        assert below <= len(values) / 2 and sum(v > median(values) for v in values) <= len(values) / 2


@pytest.mark.parametrize("age", [0, 29, 30, 31, 60, 61, 90, 91, 400])
def test_ages(age):
    sums = aged([Lot(1, "a", 2, 5, 1000 - age)], 1000)
    assert sum(sums) == 10 and sums.index(10) == (age > 30) + (age > 60) + (age > 90)


@pytest.mark.parametrize("seed", range(30))
def test_journal_like_copies(seed):
    chance = random.Random(seed)
    journal = Journal({"a": 0})
    now, past, future, stack = {"a": 0}, [], [], []
    for number in range(40):
        what = chance.choice(["set", "set", "delete", "undo", "redo", "begin", "commit", "rollback"])
        key = chance.choice("abc")
        if what == "set" or (what == "delete" and key in now):
            before = dict(now)
            if what == "set":
                journal.set(key, number)
                now[key] = number
            else:
                journal.delete(key)
                del now[key]
            future = []
            if not stack:
                past.append(before)
            else:
                stack[-1][1] = True
        elif what == "begin" and len(stack) < 2:
            journal.begin()
            stack.append([dict(now), False])
        elif what == "commit" and stack:
            journal.commit()
            before, changed = stack.pop()
            if changed and stack:
                stack[-1][1] = True
            elif changed:
                past.append(before)
        elif what == "rollback" and stack:
            journal.rollback()
            now = dict(stack.pop()[0])
        elif what == "undo" and not stack:
            assert journal.undo() is bool(past)
            if past:
                future.append(dict(now))
                now = past.pop()
        elif what == "redo" and not stack:
            assert journal.redo() is bool(future)
            if future:
                past.append(dict(now))
                now = future.pop()
        assert journal.snapshot() == now and journal.keys() == sorted(now)


@pytest.mark.parametrize("seed", range(25))
def test_cells_round_trip(seed):
    chance = random.Random(seed)
    values = ["".join(chance.choices('ab;" x', k=chance.randrange(6))).strip() for _ in range(4)]
    line = ";".join('"' + value.replace('"', '""') + '"' for value in values)
    assert cells(line) == values
    assert cells(";".join(v.replace('"', "").replace(";", "") for v in values)) == [
        v.replace('"', "").replace(";", "").strip() for v in values
    ]


@pytest.mark.parametrize("value", [0, 5, 50, 99, 100, 123456, -1, -250])
def test_cents_as_written(value):
    sign, (whole, part) = "-" if value < 0 else "", divmod(abs(value), 100)
    assert cents(f"{sign}{whole}.{part:02}") == value
    assert cents(f" {sign}{whole},{part:02} ") == value
    assert cents(f"{sign}{whole:,}.{part:02}".replace(",", "'")) == value


def test_records_keep_line_numbers():
    text = "\n\na;b\n\n1\n#x\n2;3"
    assert list(records(text)) == [(5, {"a": "1", "b": ""}), (7, {"a": "2", "b": "3"})]


@pytest.mark.parametrize("seed", range(20))
def test_packing(seed):
    chance = random.Random(seed)
    weights = [chance.randrange(1, 11) for _ in range(seed)]
    boxes = packed(weights, 10)
    assert sorted(index for box in boxes for index in box) == list(range(seed))
    loads = [sum(weights[i] for i in box) for box in boxes]
    assert all(load <= 10 for load in loads)
    for n, box in enumerate(boxes):
        for index in box:
            assert all(sum(weights[i] for i in b if weights[i] >= weights[index] and i != index) + weights[index] > 10 for b in boxes[:n])


@pytest.mark.parametrize("seed", range(12))
def test_tours(seed):
    chance = random.Random(seed)
    cells_ = list("ABCDS" + "." * 10 + "#" * 5)
    chance.shuffle(cells_)
    floor = Floor("\n".join("".join(cells_[n : n + 5]) for n in range(0, 20, 5)))
    near = {place: floor.distances(place) for place in "ABCDS"}
    for a, b in product("ABCDS", repeat=2):
        assert near[a].get(b) == near[b].get(a)
    stops = [p for p in "ABCD" if p in near["S"]]
    trips = [
        sum(near[a][b] for a, b in zip(("S", *order), (*order, "S"))) for order in permutations(stops)
    ]
    assert floor.best_tour("S", stops)[0] == min(trips)
    total, way = floor.tour("S", stops)
    assert total == sum(near[a][b] for a, b in zip(way, way[1:])) and total >= min(trips)
    for place, (here, following) in enumerate(zip(way, way[1:-1])):
        assert near[here][following] == min(near[here][p] for p in way[place + 1 : -1])
    if len(stops) < 4:
        with pytest.raises(Unknown):
            floor.tour("S", "ABCD")
