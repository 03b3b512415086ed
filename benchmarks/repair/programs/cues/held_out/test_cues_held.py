import random
from datetime import datetime, timedelta

import pytest
from cues import Cue, field, monday_of, parse_span, words


@pytest.mark.parametrize("first", range(0, 8, 2))
@pytest.mark.parametrize("last", range(0, 8, 2))
@pytest.mark.parametrize("step", [1, 2, 3])
def test_fields(first, last, step):
    if first > last:
        with pytest.raises(ValueError):
            field(f"{first}-{last}", 0, 9)
        return
    assert field(f"{first}-{last}/{step}", 0, 9) == set(range(first, last + 1, step))
    assert field(f"{first}/{step}", 0, 9) == set(range(first, 10, step))
    assert field(f"*/{step},{last}", 0, 9) == set(range(0, 10, step)) | {last}
    with pytest.raises(ValueError):
        field(f"{first}-10", 0, 9)


@pytest.mark.parametrize("seed", range(30))
def test_next_by_the_minute(seed):
    chance = random.Random(seed)
    cue = Cue(f"{chance.choice(['*/15', '0', '5-7', '59'])} {chance.choice(['*', '8-9', '23,0'])} {chance.choice(['*', '1', '5-6'])}")
    moment = datetime(2024, 2, 27, chance.randrange(24), chance.randrange(60), chance.randrange(60))
    here = moment.replace(second=0) + timedelta(minutes=1)
    while not (here.minute in cue.minutes and here.hour in cue.hours and here.weekday() in cue.weekdays):
        here += timedelta(minutes=1)
    assert cue.fits(here)
    assert cue.next(moment) == here
    start, end = here.replace(minute=0), here + timedelta(hours=3)
    minutes = [start + timedelta(minutes=n) for n in range(int((end - start).total_seconds()) // 60)]
    assert cue.between(start, end) == [m for m in minutes if cue.fits(m)]


@pytest.mark.parametrize("days", [0, 1, 3])
@pytest.mark.parametrize("hours", [0, 1, 5])
@pytest.mark.parametrize("minutes", [0, 1, 59])
@pytest.mark.parametrize("seconds", [0, 1, 30])
def test_words_and_back(days, hours, minutes, seconds):
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute"), (seconds, "second")]
    named = [f"{n} {name}{'s' * (n != 1)}" for n, name in parts if n]
    assert words(span) == (" ".join(named[:2]) or "now")
    if span:
        assert words(-span) == words(span) + " ago"
    text = f"{days}d{hours}h {minutes}m {seconds}s"
    assert parse_span(text) == span
    for bad in (text + "3", "x" + text, text + "m"):
        with pytest.raises(ValueError):
            parse_span(bad)


@pytest.mark.parametrize("day", range(1, 30, 2))
def test_mondays(day):
    moment = datetime(2024, 12, day, 23, 59)
    monday = monday_of(moment)
    assert monday.weekday() == 0 and monday.hour == 0
    assert timedelta(0) <= moment - monday < timedelta(days=7)
