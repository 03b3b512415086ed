"""Dates of the working week."""

from datetime import date, timedelta

DAY = timedelta(days=1)


def is_workday(day, holidays=()):
    return day.weekday() < 5 and day not in holidays


def add_workdays(day, count, holidays=()):
    """The date so many working days later; earlier for a negative count."""
    step = DAY if count > 0 else -DAY
    left = abs(count)
    while left:
        day += step
        if is_workday(day, holidays):
            left -= 1
    return day


def workdays_between(first, last, holidays=()):
    """How many there are from first to last, both counted."""
    count = 0
    day = first
    while day <= last:
        if is_workday(day, holidays):
            count += 1
        day += DAY
    return count


def is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def last_of_month(year, month):
    if month == 12:
        return date(year, 12, 31)
    return date(year, month + 1, 1) - DAY


def nth_weekday(year, month, weekday, nth):
    """The nth Monday (0) … Sunday (6) of a month; None when the month has fewer."""
    first = date(year, month, 1)
    ahead = (weekday - first.weekday()) % 7
    day = first + timedelta(days=ahead + 7 * (nth - 1))
    return day if day.month == month else None


def quarter(day):
    return (day.month - 1) // 3 + 1
