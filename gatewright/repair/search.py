"""Trying candidates in order until one stands the whole suite."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gatewright.repair.inquiry import Driver, NoAnswer, Observation, Suite
from gatewright.repair.mutate import Candidate

BATCHES = (40, 80, 160, 320)
"""How many candidates one driver is given: a new one costs a start, but tells how far it is."""
WINDOW = 12
"""After the first plausible candidate that changes several lines, so many more are tried."""

Tell = Callable[[int, int, str], None]


@dataclass
class Search:
    """A search under way, and what it found."""

    driver: Driver
    seen: Observation
    files: Mapping[str, bytes]
    tell: Tell
    tried: int = 0
    broken: int = 0
    """How many candidates made the failing tests pass and broke others."""
    timeouts: int = 0
    flaky: bool = False
    """The failing tests passed on the code as it is."""
    stopped: str = ""
    """Why it ended before all candidates were tried."""
    found: Candidate | None = None
    _waiting: list[Candidate] = field(default_factory=list)

    async def go(self, ranked: Sequence[Candidate]) -> None:
        """Try the candidates in their order; never raises for what the code under test does."""
        self._waiting = list(ranked)
        total = len(ranked)
        sizes = _sizes()
        try:
            while self._waiting and self.found is None and not self.flaky:
                self.tell(self.tried, total, "trying single edits")
                await self._batch(next(sizes))
        except NoAnswer as fault:
            self.stopped = str(fault)
        self.tell(self.tried, total, "found" if self.found else "nothing found")

    async def _batch(self, size: int) -> None:
        """Try the next candidates; those behind a plausible one go on waiting."""
        batch = self._waiting[:size]
        first = self.tried == 0
        # The code as it is goes first: tests that pass now and then would accept anything.
        lead: list[Candidate | None] = [None] if first else []
        windows = [_window(candidate) for candidate in (*lead, *batch)]
        answers = await self.driver.attempt(self.seen, [*lead, *batch], self.files, windows=windows)
        if first and answers.verdicts.get(0) == "passed":
            self.flaky = True
            return
        verdicts = {number - len(lead): verdict for number, verdict in answers.verdicts.items()}
        checked = {number - len(lead): suite for number, suite in answers.checked.items()}
        passed = sorted(n for n in range(len(batch)) if verdicts.get(n) == "passed")
        done = _reach(batch, passed, verdicts)
        if done == 0:
            self.stopped = "the time is over"
            self._waiting = []
            return
        self.tried += done
        self.timeouts += sum(verdicts.get(number) == "timeout" for number in range(done))
        self.broken += sum(verdicts.get(number) == "broke" for number in range(done))
        self._waiting = self._waiting[done:]
        plausible = [(batch[n], checked.get(n)) for n in passed if n < done]
        await self._validate(plausible)

    async def _validate(self, plausible: Sequence[tuple[Candidate, Suite | None]]) -> None:
        """Take the one with the fewest lines that breaks nothing."""
        for candidate, checked in sorted(plausible, key=lambda pair: pair[0].lines):
            suite = checked
            if suite is None:
                self.tell(self.tried, self.tried + len(self._waiting), "running the whole suite")
                suite = await self.driver.suite(candidate, self.files[candidate.path])
            good = {name for name, outcome in suite.tests.items() if outcome == "passed"}
            if suite.whole and good.issuperset({*self.seen.failing, *self.seen.passing}):
                self.found = candidate
                return
            if self.driver.left_s() <= 0:
                raise NoAnswer("the time is over")
            self.broken += 1


def _reach(batch: Sequence[Candidate], passed: Sequence[int], verdicts: Mapping[int, str]) -> int:
    """How many candidates of a batch count as tried.

    Children run side by side, so that some behind the one that ended the search may have a
    verdict or not, as it happened; theirs are not looked at.
    """
    end = len(batch)
    for number in passed:
        if number < end:
            end = min(end, number + 1 + _window(batch[number]))
    return next((number for number in range(end) if number not in verdicts), end)


def _window(candidate: Candidate | None) -> int:
    """Nothing has fewer lines than one."""
    return 0 if candidate is None or candidate.lines == 1 else WINDOW


def _sizes() -> Iterator[int]:
    yield from BATCHES
    while True:
        yield BATCHES[-1]
