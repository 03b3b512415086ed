"""Figures over what was sold and what lies there."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sale:
    day: int
    customer: str
    code: str
    amount: int
    cents: int


def totals(sales, key):
    """Cents by what the key gives, greatest first, then by name."""
    found = {}
    for sale in sales:
        name = key(sale)
        found[name] = found.get(name, 0) + sale.cents
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def abc(sales, a=80, b=95):
    """Class of each article: A makes the first 80 percent of the turnover, B up to 95, C the rest.

    An article belongs to the class in which its share begins.
    """
    ranked = totals(sales, lambda sale: sale.code)
    whole = sum(cents for _, cents in ranked)
    classes = {}
    running = 0
    for code, cents in ranked:
        if running * 100 < a * whole:
            classes[code] = "A"
        elif running * 100 < b * whole:
            classes[code] = "B"
        else:
            classes[code] = "C"
        running += cents
    return classes


def by_period(sales, length, *, first=0, last=None):
    """Cents in each period of so many days; periods without sales are 0."""
    if last is None:
        last = max((sale.day for sale in sales), default=first - 1)
    count = (last - first) // length + 1
    sums = [0] * max(0, count)
    for sale in sales:
        if first <= sale.day <= last:
            sums[(sale.day - first) // length] += sale.cents
    return sums


def moving_mean(values, size):
    """The mean of each value and the ones before it, at most so many; as floats."""
    means = []
    total = 0
    for place, value in enumerate(values):
        total += value
        if place >= size:
            total -= values[place - size]
        means.append(total / min(place + 1, size))
    return means


def streak(values, limit):
    """The longest run of values of at least the limit: (start, length); (-1, 0) without any."""
    best_start, best_length = -1, 0
    start = None
    for place, value in enumerate(list(values) + [None]):
        if value is not None and value >= limit:
            if start is None:
                start = place
            continue
        if start is not None:
            length = place - start
            if length > best_length:
                best_start, best_length = start, length
            start = None
    return best_start, best_length


def turnover_days(sales, on_hand, days):
    """For how many days the stock lasts at the pace of the last days; None when nothing sells."""
    if not sales:
        return None
    newest = max(sale.day for sale in sales)
    sold = sum(sale.amount for sale in sales if sale.day > newest - days)
    return on_hand * days // sold if sold else None


def aged(lots, day, edges=(30, 60, 90)):
    """Value of lots by age: up to each edge, and beyond the last."""
    sums = [0] * (len(edges) + 1)
    for lot in lots:
        age = day - lot.day
        for place, edge in enumerate(edges):
            if age <= edge:
                sums[place] += lot.value
                break
        else:
            sums[-1] += lot.value
    return sums


def pivot(sales, row, column):
    """(row names, column names, table of cents), names sorted."""
    rows = sorted({row(sale) for sale in sales})
    columns = sorted({column(sale) for sale in sales})
    table = [[0] * len(columns) for _ in rows]
    for sale in sales:
        table[rows.index(row(sale))][columns.index(column(sale))] += sale.cents
    return rows, columns, table


def median(values):
    """The middle, or the mean of the two in the middle; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
