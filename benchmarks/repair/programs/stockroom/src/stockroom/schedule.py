"""What is to be done when: jobs in a calendar of days, once or again and again."""

import heapq
from dataclasses import dataclass, field

from stockroom.errors import Duplicate, Invalid, Unknown


@dataclass(order=True)
class Entry:
    day: int
    priority: int
    number: int
    name: str = field(compare=False)
    work: object = field(compare=False)
    every: int | None = field(default=None, compare=False)
    left: int | None = field(default=None, compare=False)


class Schedule:
    """Runs jobs by day, then by priority (small first), then as they were entered."""

    def __init__(self):
        self.today = 0
        self.log = []
        self._heap = []
        self._entries = {}
        self._numbers = 0
        self._after = {}

    def __len__(self):
        return len(self._entries)

    def add(self, name, day, work, *, priority=5, every=None, times=None):
        """Raises: Duplicate; Invalid for the past."""
        if name in self._entries:
            raise Duplicate(f"job {name!r} is planned already", subject=name)
        if day < self.today:
            raise Invalid(f"day {day} is over", subject=name)
        if every is not None and every < 1:
            raise Invalid(f"every {every} days", subject=name)
        self._numbers += 1
        entry = Entry(day, priority, self._numbers, name, work, every, times)
        self._entries[name] = entry
        heapq.heappush(self._heap, entry)

    def after(self, name, other):
        """Run a job on the same day as another only after it."""
        if name == other:
            raise Invalid(f"{name!r} after itself", subject=name)
        self._after.setdefault(name, set()).add(other)

    def cancel(self, name):
        if name not in self._entries:
            raise Unknown(f"no job {name!r}", subject=name)
        del self._entries[name]

    def move(self, name, day):
        entry = self._entries.get(name)
        if entry is None:
            raise Unknown(f"no job {name!r}", subject=name)
        self.cancel(name)
        times = entry.left
        self.add(name, day, entry.work, priority=entry.priority, every=entry.every, times=times)

    def next_day(self):
        """The day of the next job; None without any."""
        self._drop_cancelled()
        return self._heap[0].day if self._heap else None

    def run_until(self, day):
        """Do everything up to and on that day; what was done, as (day, name)."""
        done = []
        while (following := self.next_day()) is not None and following <= day:
            self.today = following
            for entry in self._ordered(self._due(following)):
                done.append((following, entry.name))
                self._again(entry)
                entry.work(following)
        self.today = max(self.today, day)
        self.log.extend(done)
        return done

    def _due(self, day):
        due = []
        while self._heap and self._heap[0].day == day:
            entry = heapq.heappop(self._heap)
            if self._entries.get(entry.name) is entry:
                due.append(entry)
        return due

    def _ordered(self, entries):
        """By priority, but each after those that it must follow."""
        waiting = list(entries)
        ordered = []
        while waiting:
            names = {entry.name for entry in waiting}
            ready = [e for e in waiting if not self._after.get(e.name, set()) & (names - {e.name})]
            chosen = ready[0] if ready else waiting[0]
            waiting.remove(chosen)
            ordered.append(chosen)
        return ordered

    def _again(self, entry):
        del self._entries[entry.name]
        if entry.every is None:
            return
        left = entry.left
        if left is not None:
            left -= 1
            if left == 0:
                return
        day = entry.day + entry.every
        work, priority = entry.work, entry.priority
        self.add(entry.name, day, work, priority=priority, every=entry.every, times=left)

    def _drop_cancelled(self):
        while self._heap and self._entries.get(self._heap[0].name) is not self._heap[0]:
            heapq.heappop(self._heap)
