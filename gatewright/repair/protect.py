"""Whether tests protect changed lines: a sample of mutants that they should notice.

Mutants are small mistakes made on purpose; the idea is from DeMillo, Lipton and Sayward, "Hints on
Test Data Selection" (1978).
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gatewright.domain.command import Command, Completed
from gatewright.domain.ports import Mutant, MutationSample, Toolchain
from gatewright.repair.change import title
from gatewright.repair.inquiry import Driver, NoAnswer, Observation
from gatewright.repair.mutants import Lines, mutants
from gatewright.repair.mutate import Candidate
from gatewright.repair.patch import single
from gatewright.repair.sources import read_sources, test_files

LEAST_TEST_S, MOST_TEST_S, TEST_SHARE = 2.0, 10.0, 0.1
"""For one test while they are observed."""
TOGETHER_S = 2.0
"""Tests that take less than this together are run for every mutant: each start costs more."""
ROUND_SHARE = 0.25
"""Of the time, for all the tests of one mutant; slower tests are left out."""


async def sample_mutants(
    root: Path,
    lines: Mapping[str, Collection[int]],
    *,
    toolchain: Toolchain,
    run: Callable[[Command], Awaitable[Completed]],
    most: int,
    seconds: float,
) -> MutationSample:
    """Mutants of these lines (by path, 1-based) of a disposable copy, run by its tests.

    A mutant that no test notices, or that is on a line which no test runs, has survived; the same
    copy has the same sample, unless time runs out. Test files have no mutants. Tests that fail
    already are not asked.
    Raises: SandboxUnavailable, from `run`.
    """
    started = time.monotonic()
    driver = _Watcher(
        run=run,
        root=root,
        python=toolchain.python,
        readable=toolchain.readable,
        roots=toolchain.roots,
        targets=(),
        until=started + seconds,
        test_s=min(MOST_TEST_S, max(LEAST_TEST_S, seconds * TEST_SHARE)),
    )
    found = await _sample(driver, lines, most)
    return found._replace(duration_s=time.monotonic() - started)


class Watched(Observation):
    """What the tests came to, and which of them ran which lines, whether any fails or not."""

    ran: dict[str, dict[int, int]] | None = None
    """By path and line of a function: the place in `ran_by`; None: there are too many to tell."""
    ran_by: tuple[tuple[int, ...], ...] = ()
    """Sets of tests, by their numbers in `tests`."""

    def tests_of(self, path: str) -> dict[int, frozenset[str]]:
        """Tests by the lines that they ran."""
        names = list(self.tests)
        lines = (self.ran or {}).get(path, {})
        return {
            line: frozenset(names[n] for n in self.ran_by[group]) for line, group in lines.items()
        }


class _Watcher(Driver):
    async def watched(self) -> Watched:
        """Raises: NoAnswer."""
        data = await self.ask({"kind": "observe", "targets": (), "test_s": self.test_s})
        try:
            content = json.loads(data)
            if isinstance(content, dict) and "error" in content:
                raise NoAnswer(str(content["error"]))
            return Watched.model_validate(content)
        except ValueError as broken:
            raise NoAnswer(f"the answer from the sandbox makes no sense: {broken}") from broken


async def _sample(
    driver: _Watcher, lines: Mapping[str, Collection[int]], most: int
) -> MutationSample:
    # Before anything runs: afterwards a file may be a link to somewhere else.
    sources = await asyncio.to_thread(read_sources, driver.root)
    files = {path: data for path, data in sources.items() if lines.get(path)}
    if most <= 0 or not files:
        return MutationSample((), "no line of source code was changed")
    try:
        seen = await driver.watched()
    except NoAnswer as fault:
        return MutationSample((), str(fault))
    if not seen.passing:
        return MutationSample((), "no test passes on the change as it is")
    changed = {path: lines[path] for path in files}
    leave = test_files(seen.tests)
    chosen = (await asyncio.to_thread(mutants, files, changed, leave=leave))[:most]
    if not chosen:
        return MutationSample((), "the changed lines have nothing to mutate")
    return await _Trial(driver=driver, seen=seen, files=files).judged(chosen)


@dataclass
class _Trial:
    """Mutants under way."""

    driver: Driver
    seen: Watched
    files: Mapping[str, bytes]
    killed: dict[Candidate, bool] = field(default_factory=dict)
    """By mutant; those that were not tried are not there."""
    notes: list[str] = field(default_factory=list)

    async def judged(self, chosen: list[Candidate]) -> MutationSample:
        """Try each, those together that the same tests run."""
        known = {path: Lines(self.files[path]) for path in {each.path for each in chosen}}
        ran = {each: self._tests(each, known[each.path]) for each in chosen}
        unseen = {each for each in chosen if not ran[each]}
        self.killed.update(dict.fromkeys(unseen, False))
        try:
            for tests, group in self._groups(ran).items():
                await self._try(tests, group)
        except NoAnswer as fault:
            self.notes.append(str(fault))
        left = len(chosen) - len(self.killed)
        if left and not self.notes:
            self.notes.append("the time is over")
        if left:
            self.notes.append(f"{left} of {len(chosen)} mutants were not tried")
        tried = (each for each in chosen if each in self.killed)
        return MutationSample(
            tuple(self._named(each, unseen=each in unseen) for each in tried),
            "; ".join(dict.fromkeys(self.notes)),
        )

    def _tests(self, mutant: Candidate, known: Lines) -> frozenset[str]:
        """Those that pass and ran the mutant's line; of a module's own lines, all of the file."""
        passing = frozenset(self.seen.passing)
        if self.seen.ran is None:
            return passing
        by_line = self.seen.tests_of(mutant.path)
        if known.is_of_function(mutant.line):
            beside = (by_line.get(line, frozenset()) for line in known.beside(mutant.line))
            return passing & frozenset[str]().union(*beside)
        return passing & frozenset[str]().union(*by_line.values()) or passing

    def _groups(
        self, ran: Mapping[Candidate, frozenset[str]]
    ) -> dict[frozenset[str], list[Candidate]]:
        every = frozenset[str]().union(*ran.values())
        together = self._seconds(every) <= TOGETHER_S
        groups: dict[frozenset[str], list[Candidate]] = {}
        for mutant, tests in ran.items():
            if tests:
                groups.setdefault(every if together else tests, []).append(mutant)
        return groups

    def _seconds(self, tests: Collection[str]) -> float:
        return sum(self.seen.tests[name][1] for name in tests)

    async def _try(self, tests: frozenset[str], group: list[Candidate]) -> None:
        """Raises: NoAnswer."""
        asked = self._affordable(tests)
        # Each is to pass, and beside them there is nothing to be kept.
        alone = {"failing": asked, "passing": (), "users": {}, "groups": (), "witnesses": {}}
        seen = self.seen.model_copy(update=alone)
        batch = [None, *map(single, group)]
        answers = await self.driver.attempt(
            seen, batch, self.files, more=len(batch), seconds=self.driver.left_s()
        )
        if answers.verdicts.get(0, "passed") != "passed":
            self.notes.append("tests that pass together do not pass alone")
            return
        for place, mutant in enumerate(group, 1):
            verdict = answers.verdicts.get(place)
            if verdict is None:
                continue
            if verdict == "passed" and len(asked) < len(tests):
                self.notes.append("the tests of some lines take too long to run them all")
                continue
            self.killed[mutant] = verdict != "passed"

    def _affordable(self, tests: Collection[str]) -> tuple[str, ...]:
        """The quickest, as many as there is time for; at least one."""
        left = self.driver.left_s() * ROUND_SHARE
        chosen: list[str] = []
        for name in sorted(tests, key=lambda name: (self.seen.tests[name][1], name)):
            left -= self.seen.tests[name][1]
            if chosen and left < 0:
                break
            chosen.append(name)
        order = {name: place for place, name in enumerate(self.seen.passing)}
        return tuple(sorted(chosen, key=lambda name: order[name]))

    def _named(self, mutant: Candidate, *, unseen: bool) -> Mutant:
        what = title(single(mutant), self.files)
        more = " (no test runs this line)" if unseen else ""
        return Mutant(mutant.path, mutant.line, what + more, self.killed[mutant])
