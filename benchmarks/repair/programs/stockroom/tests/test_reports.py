import pytest
from stockroom.reports import Sale, abc, aged, by_period, median, moving_mean, pivot, streak, totals, turnover_days
from stockroom.stock import Lot

SALES = [
    Sale(0, "ann", "a", 2, 700),
    Sale(3, "bob", "b", 1, 150),
    Sale(7, "ann", "c", 5, 100),
    Sale(8, "bob", "d", 1, 50),
]


def test_totals():
    assert totals(SALES, lambda sale: sale.customer) == [("ann", 800), ("bob", 200)]


def test_totals_of_equals_by_name():
    sales = [Sale(0, "x", "b", 1, 5), Sale(0, "x", "a", 1, 5)]
    assert totals(sales, lambda sale: sale.code) == [("a", 5), ("b", 5)]


def test_abc():
    assert abc(SALES) == {"a": "A", "b": "A", "c": "B", "d": "C"}
    assert abc([]) == {}


def test_by_period():
    assert by_period(SALES, 4) == [850, 100, 50]
    assert by_period(SALES, 7, first=1, last=7) == [250]
    assert by_period(SALES, 5, last=14) == [850, 150, 0]
    assert by_period([], 5) == []


def test_moving_mean():
    assert moving_mean([2, 4, 6, 8], 2) == [2, 3, 5, 7]
    assert moving_mean([3], 5) == [3]


@pytest.mark.parametrize(
    "values, found", [([1, 5, 6, 2, 7], (1, 2)), ([5, 5], (0, 2)), ([1, 2], (-1, 0)), ([], (-1, 0)), ([5, 1, 5], (0, 1)), ([5, 5, 1, 5, 1, 1], (0, 2))]
)
def test_streak(values, found):
    assert streak(values, 5) == found


def test_turnover_days():
    assert turnover_days(SALES, 12, 2) == 4
    assert turnover_days(SALES, 12, 1) == 12
    assert turnover_days([], 12, 2) is None


def test_aged():
    lots = [Lot(n, "a", 1, 10 * n, day) for n, day in enumerate([100, 70, 69, 9, 0], start=1)]
    assert aged(lots, 100) == [30, 30, 0, 90]


def test_pivot():
    rows, columns, table = pivot(SALES, lambda s: s.customer, lambda s: s.day // 7)
    assert (rows, columns) == (["ann", "bob"], [0, 1])
    assert table == [[700, 100], [150, 50]]


@pytest.mark.parametrize("values, middle", [([3, 1, 2], 2), ([4, 1, 2, 3], 2.5), ([], None), ([7], 7)])
def test_median(values, middle):
    assert median(values) == middle
