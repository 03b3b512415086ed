from datetime import datetime, timedelta

import pytest
from cues import Cue, field, monday_of, parse_span, words

WEDNESDAY = datetime(2024, 5, 15, 10, 30)


@pytest.mark.parametrize(
    "text, found",
    [("*", {0, 1, 2, 3, 4, 5}), ("3", {3}), ("1-3", {1, 2, 3}), ("*/2", {0, 2, 4}), ("1,4-5", {1, 4, 5}), ("1-5/2", {1, 3, 5}), ("2/2", {2, 4})],
)
def test_field(text, found):
    assert field(text, 0, 5) == found


@pytest.mark.parametrize("text", ["6", "3-1", "4-9", "x", ""])
def test_bad_field(text):
    with pytest.raises(ValueError):
        field(text, 0, 5)


def test_fits():
    cue = Cue("30 10 0-4")
    assert cue.fits(WEDNESDAY)
    assert not cue.fits(WEDNESDAY.replace(minute=31))
    assert not cue.fits(WEDNESDAY.replace(day=18))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("* * *", datetime(2024, 5, 15, 10, 31)),
        ("30 10 *", datetime(2024, 5, 16, 10, 30)),
        ("0 9 *", datetime(2024, 5, 16, 9, 0)),
        ("15 11 *", datetime(2024, 5, 15, 11, 15)),
        ("45 8 0", datetime(2024, 5, 20, 8, 45)),
        ("0 12 5-6", datetime(2024, 5, 18, 12, 0)),
    ],
)
def test_next(text, expected):
    assert Cue(text).next(WEDNESDAY) == expected
    assert Cue(text).next(WEDNESDAY.replace(second=20)) == expected


def test_between():
    found = Cue("*/20 10 *").between(WEDNESDAY.replace(minute=0), WEDNESDAY.replace(hour=11))
    assert [moment.minute for moment in found] == [0, 20, 40]
    assert Cue("0 10 *").between(WEDNESDAY, WEDNESDAY.replace(hour=12)) == []


@pytest.mark.parametrize(
    "seconds, text",
    [(0, "now"), (1, "1 second"), (90, "1 minute 30 seconds"), (86400 + 61, "1 day 1 minute"), (7325, "2 hours 2 minutes"), (-60, "1 minute ago")],
)
def test_words(seconds, text):
    assert words(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize("text, seconds", [("90m", 5400), ("1h30m", 5400), ("1d 2h", 93600), ("10s", 10)])
def test_parse_span(text, seconds):
    assert parse_span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "h", "1x", "1h3"])
def test_bad_span(text):
    with pytest.raises(ValueError):
        parse_span(text)


def test_monday():
    assert monday_of(WEDNESDAY) == datetime(2024, 5, 13)
    assert monday_of(datetime(2024, 5, 13, 0, 1)) == datetime(2024, 5, 13)
