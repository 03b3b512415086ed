from datetime import date

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

FRIDAY = date(2024, 3, 8)


def test_is_workday():
    assert is_workday(FRIDAY)
    assert not is_workday(date(2024, 3, 9))
    assert not is_workday(FRIDAY, [FRIDAY])


def test_add():
    assert add_workdays(FRIDAY, 1) == date(2024, 3, 11)
    assert add_workdays(FRIDAY, 0) == FRIDAY
    assert add_workdays(FRIDAY, -1) == date(2024, 3, 7)
    assert add_workdays(FRIDAY, -5) == date(2024, 3, 1)


def test_add_over_a_holiday():
    assert add_workdays(FRIDAY, 1, [date(2024, 3, 11)]) == date(2024, 3, 12)


def test_between():
    assert workdays_between(FRIDAY, FRIDAY) == 1
    assert workdays_between(FRIDAY, date(2024, 3, 12)) == 3
    assert workdays_between(FRIDAY, date(2024, 3, 12), [date(2024, 3, 11)]) == 2


@pytest.mark.parametrize("year, leap", [(2024, True), (2023, False), (1900, False), (2000, True)])
def test_leap(year, leap):
    assert is_leap(year) is leap


def test_last_of_month():
    assert last_of_month(2024, 2) == date(2024, 2, 29)
    assert last_of_month(2023, 12) == date(2023, 12, 31)


def test_nth_weekday():
    assert nth_weekday(2024, 3, 4, 1) == date(2024, 3, 1)
    assert nth_weekday(2024, 3, 0, 2) == date(2024, 3, 11)
    assert nth_weekday(2024, 3, 0, 5) is None


def test_quarter():
    assert [quarter(date(2024, month, 1)) for month in (1, 3, 4, 9, 12)] == [1, 1, 2, 3, 4]
