"""When something is due: minutes and hours given as in a timetable."""

from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


def field(text, low, high):
    """A set of numbers from "*", "5", "1-4", "*/15", "10-30/5" or several by commas."""
    found = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = map(int, span.split("-"))
        else:
            first = int(span)
            last = high if step else first
        if not low <= first <= last <= high:
            raise ValueError(part)
        found.update(range(first, last + 1, int(step or 1)))
    return found


class Cue:
    """Minute, hour and weekday (0 is Monday)."""

    def __init__(self, text):
        minute, hour, weekday = text.split()
        self.minutes = field(minute, 0, 59)
        self.hours = field(hour, 0, 23)
        self.weekdays = field(weekday, 0, 6)

    def fits(self, moment):
        return (
            moment.minute in self.minutes
            and moment.hour in self.hours
            and moment.weekday() in self.weekdays
        )

    def next(self, moment):
        """The first time after the moment."""
        here = moment.replace(second=0, microsecond=0) + MINUTE
        while True:
            if here.weekday() not in self.weekdays:
                here = here.replace(hour=0, minute=0) + timedelta(days=1)
            elif here.hour not in self.hours:
                here = here.replace(minute=0) + timedelta(hours=1)
            elif here.minute not in self.minutes:
                here += MINUTE
            else:
                return here

    def between(self, start, end):
        """All times from start until before end."""
        found = []
        here = self.next(start - MINUTE)
        while here < end:
            found.append(here)
            here = self.next(here)
        return found


def words(span):
    """A span of time for people: the two largest parts."""
    seconds = int(span.total_seconds())
    if seconds < 0:
        return words(-span) + " ago"
    parts = []
    for name, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}" + ("s" if count != 1 else ""))
    return " ".join(parts[:2]) or "now"


def parse_span(text):
    """From "1d 2h", "90m" or "1h30m"."""
    sizes = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    total = 0
    digits = ""
    for sign in text.replace(" ", ""):
        if sign.isdigit():
            digits += sign
        elif sign in sizes and digits:
            total += int(digits) * sizes[sign]
            digits = ""
        else:
            raise ValueError(text)
    if digits or not text.strip():
        raise ValueError(text)
    return timedelta(seconds=total)


def monday_of(moment):
    day = moment - timedelta(days=moment.weekday())
    return datetime(day.year, day.month, day.day)
