"""The stages of a search: single edits, pairs of them, and the choice among those that pass."""

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gatewright.repair.answers import Observation
from gatewright.repair.change import digest
from gatewright.repair.choice import Choice, choose
from gatewright.repair.inquiry import Driver, NoAnswer
from gatewright.repair.mutate import Candidate
from gatewright.repair.pairs import covering, pairs
from gatewright.repair.patch import Patch, single
from gatewright.repair.sweep import Sweep

SINGLES_MOST = 0.75
"""Of the patches that may be tried."""
SINGLES_SHARE = 0.6
"""Of the time; then pairs are tried, and single edits that are left after them."""
PAIRS_SHARE = 0.75
"""Of the time that single edits left over."""
RESERVE_S = 2.0
"""Kept for the choice, besides the time that the whole suite takes twice."""
MOST_RESERVED = 0.25
"""Of the time."""
CAUSES = 6
"""Failing tests that are looked at one by one, to be repaired one by one."""
CAUSE_SINGLES = 600
"""Single edits tried for each of them."""
COVERING = 400
"""Pairs that follow from it."""

Tell = Callable[[int, int, str], None]


@dataclass
class Search:
    """A search under way, and what it found."""

    driver: Driver
    seen: Observation
    files: Mapping[str, bytes]
    tell: Tell
    most: int
    """Patches that may be tried."""
    avoid: Collection[str] = frozenset()
    """Digests of changes that are not wanted."""
    tried: int = 0
    singles: int = 0
    """How many of them were single edits."""
    total: int = 0
    """Patches that there were to try, as far as known."""
    broken: int = 0
    """How many made the failing tests pass and broke others."""
    timeouts: int = 0
    flaky: bool = False
    """The failing tests passed on the code as it is."""
    stopped: str = ""
    """Why it ended before all were tried."""
    survivors: int = 0
    """How many made the failing tests pass and broke none."""
    found: Choice | None = None
    state: str = ""
    """What is going on, for people."""
    _inert: Sequence[Candidate] = ()
    _end: float = 0.0
    _sweeps: list[Sweep] = field(default_factory=list)

    async def go(self, ranked: Sequence[Candidate], inert: Sequence[Candidate] = ()) -> None:
        """Try what there is, likeliest first; never raises for what the code under test does.

        Edits in `inert` change nothing alone and are tried in pairs only.
        """
        self._inert = inert
        started, left = time.monotonic(), self.driver.left_s()
        reserve = min(RESERVE_S + 2 * self.seen.seconds[1], MOST_RESERVED * left)
        self._end = started + left - reserve
        self.total = min(len(ranked), self._most_singles())
        try:
            await self._stages(ranked, started)
        except NoAnswer as fault:
            self.stopped = str(fault)
        self._count()
        self.say("found" if self.found else "nothing found")

    async def _stages(self, ranked: Sequence[Candidate], started: float) -> None:
        self.state = "single edits"
        share = started + SINGLES_SHARE * (self._end - started)
        first = self._sweep(map(single, ranked[: self._most_singles()]), until=share)
        first.unchanged_first = True
        if await self._settle(first) or self.flaky or not first.known:
            return
        left = self._end - time.monotonic()
        until = self._end if first.exhausted else time.monotonic() + PAIRS_SHARE * left
        sweep = await self._pairs(first, until)
        self.state = "pairs of edits"
        if await self._settle(sweep) or first.exhausted:
            return
        self.state = "further single edits"
        first.until = self._end
        await self._settle(first)

    async def _settle(self, sweep: Sweep) -> bool:
        """Go on until one of those that pass stands the whole suite."""
        while True:
            await sweep.go()
            self.flaky = self.flaky or sweep.flaky
            places = sweep.survivors()
            if self.flaky or not places:
                self.stopped = "the time is over" if sweep.late else ""
                return False
            self.survivors = len(places)
            self.say("choosing among those that pass")
            patches = [sweep.known[place] for place in places]
            self.found, refuted = await choose(self.driver, self.seen, self.files, patches)
            self.broken += len(refuted)
            sweep.refuted.update(places[number] for number in refuted)
            self.survivors -= len(refuted)
            if self.found is not None:
                return True

    async def _pairs(self, first: Sweep, until: float) -> Sweep:
        """Pairs by what the single edits came to."""
        edits = [patch.edits[0] for patch in first.known]
        tried = [edits[place] for place in sorted(first.verdicts)]
        every = sorted([*tried, *self._inert], key=lambda edit: -edit.score)
        covers = await self._covers(tried, first, until)
        helpful = [*covers, *(edits[place] for place, count in first.reached.items() if count)]
        likely = covering(covers, self.seen.failing, most=COVERING)
        known = {patch.edits for patch in likely}
        likely += [pair for pair in pairs(every, helpful, self.files) if pair.edits not in known]
        likely = likely[: max(0, self.most - self.tried)]
        self.total += len(likely)
        return self._sweep(iter(likely), until=until)

    async def _covers(
        self, tried: Sequence[Candidate], first: Sweep, until: float
    ) -> dict[Candidate, frozenset[str]]:
        """Which failing tests each single edit repairs, where they may have causes of their own."""
        failing = self.seen.failing
        covers: dict[Candidate, set[str]] = {}
        if not 2 <= len(failing) <= CAUSES:
            return {}
        self.state = "one failing test after the other"
        for number, test in enumerate(failing):
            share = (until - time.monotonic()) / (len(failing) - number + 1)
            only = self.seen.model_copy(update={"failing": (test,)})
            sweep = self._sweep(
                map(single, tried[:CAUSE_SINGLES]), until=time.monotonic() + share, alone=only
            )
            await sweep.go()
            good = [sweep.known[place].edits[0] for place in sweep.survivors()]
            if not good:
                return {}  # this test asks for more than a single edit
            for edit in good:
                covers.setdefault(edit, set()).add(test)
        return {edit: frozenset(tests) for edit, tests in covers.items()}

    def _most_singles(self) -> int:
        return math.ceil(SINGLES_MOST * self.most)

    def _sweep(
        self, patches: Iterable[Patch], *, until: float, alone: Observation | None = None
    ) -> Sweep:
        sweep = Sweep(
            driver=self.driver,
            seen=alone or self.seen,
            every=alone is not None,
            files=self.files,
            patches=self._wanted(patches),
            until=until,
            tell=self.say,
        )
        self._sweeps.append(sweep)
        return sweep

    def _wanted(self, patches: Iterable[Patch]) -> Iterator[Patch]:
        """Without those that were rejected."""
        for patch in patches:
            if not self.avoid or digest(patch, self.files) not in self.avoid:
                yield patch

    def say(self, what: str = "") -> None:
        """Tell how far it is."""
        self._count()
        passing = sum(len(sweep.survivors()) for sweep in self._sweeps if not sweep.every)
        parts = [what or f"trying {self.state}", f"{self.driver.left_s():.0f} s left"]
        if passing:
            parts.append(f"{passing} pass so far")
        self.tell(self.tried, self.total, ", ".join(parts))

    def _count(self) -> None:
        self.tried = sum(len(sweep.verdicts) for sweep in self._sweeps if not sweep.every)
        self.singles = len(self._sweeps[0].verdicts) if self._sweeps else 0
        self.timeouts = sum(sweep.count("timeout") for sweep in self._sweeps)
