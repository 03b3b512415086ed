import calendar
from datetime import date, timedelta

import pytest
from workdays import (
    add_workdays,
    is_leap,
    is_workday,
    last_of_month,
    nth_weekday,
    quarter,
    workdays_between,
)

START = date(2023, 12, 20)
HOLIDAYS = [date(2023, 12, 25), date(2023, 12, 26), date(2024, 1, 1), date(2024, 1, 6)]


def listed(first, days, holidays):
    every = [first + timedelta(days=n) for n in range(days)]
    return [d for d in every if d.isoweekday() <= 5 and d not in holidays]


@pytest.mark.parametrize("ahead", range(14))
@pytest.mark.parametrize("holidays", [(), HOLIDAYS])
def test_add_by_listing(ahead, holidays):
    day = START + timedelta(days=ahead)
    later = [d for d in listed(day, 60, holidays) if d > day]
    for count in range(1, 9):
        assert add_workdays(day, count, holidays) == later[count - 1]
        back = add_workdays(later[8], -count, holidays)
        assert back == later[8 - count]


@pytest.mark.parametrize("days", range(1, 30))
def test_between_by_listing(days):
    last = START + timedelta(days=days - 1)
    assert workdays_between(START, last, HOLIDAYS) == len(listed(START, days, HOLIDAYS))
    assert workdays_between(last, START - timedelta(days=1)) == 0


@pytest.mark.parametrize("year", range(1890, 2105, 5))
def test_like_the_calendar(year):
    assert is_leap(year) is calendar.isleap(year)
    for month in range(1, 13):
        length = calendar.monthrange(year, month)[1]
        assert last_of_month(year, month) == date(year, month, length)
        assert quarter(date(year, month, 2)) == [0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4][month]


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("weekday", range(7))
def test_nth_weekday_by_listing(month, weekday):
    length = calendar.monthrange(2025, month)[1]
    days = [date(2025, month, d) for d in range(1, length + 1)]
    matching = [d for d in days if d.weekday() == weekday]
    for nth in range(1, 6):
        expected = matching[nth - 1] if nth <= len(matching) else None
        assert nth_weekday(2025, month, weekday, nth) == expected


def test_is_workday_by_the_week():
    monday = date(2024, 7, 1)
    week = [is_workday(monday + timedelta(days=n)) for n in range(7)]
    assert week == [True] * 5 + [False] * 2
