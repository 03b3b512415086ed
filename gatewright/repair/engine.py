"""The built-in repair engine's door: a failing test goes in, a small change comes out."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from gatewright.domain.edit import ChangeSet
from gatewright.repair.answers import Observation
from gatewright.repair.change import as_change, digest, title
from gatewright.repair.choice import Other
from gatewright.repair.inert import Sifted, sift
from gatewright.repair.inquiry import Driver, NoAnswer, Run
from gatewright.repair.localise import localise
from gatewright.repair.mutate import candidates
from gatewright.repair.search import Search
from gatewright.repair.sources import read_sources, test_files
from gatewright.repair.words import why_chosen, why_not_found, why_not_startable

PULSE_S = 2.0
"""How often it is told how far the search is."""
TEST_SHARE = 0.05
LEAST_TEST_S = 2.0
MOST_TEST_S = 10.0
"""For one test while they are observed; one that takes longer counts as failing."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Failing tests, and a copy of the repository in which they may be run."""

    root: Path
    """A disposable copy: the tests may write in it."""
    tests: tuple[str, ...]
    """Paths or node ids that must pass; empty: the whole suite."""
    python: Path
    readable: tuple[Path, ...]
    """What the sandbox must show for this Python."""
    roots: tuple[str, ...] = ()
    """Folders that the tests import from, besides the top; relative to it."""
    max_seconds: float
    max_candidates: int
    avoid: Collection[str] = frozenset()
    """Digests of changes that were rejected; none of them is answered again."""


class Alternative(NamedTuple):
    """Another change that makes the failing tests pass, and behaves otherwise.

    It broke no test that ran a changed place; the whole suite was not run with it.
    """

    title: str
    digest: str
    changes: ChangeSet
    call: str
    """An input on which it parts from the chosen change, as it would be written in code."""
    gives: str
    """What it does there: a value, or how it ends, and what it prints and leaves behind."""
    chosen_gives: str


@dataclass(frozen=True, kw_only=True)
class Repair:
    """What was found, or why nothing was."""

    changes: ChangeSet | None
    why: str
    """For people: what the change is, or what stood in the way."""
    title: str = ""
    """One line for a commit."""
    digest: str = ""
    failing_before: tuple[str, ...] = ()
    """With a change they all pass."""
    tried: int = 0
    """Patches that were run: single edits and pairs."""
    timeouts: int = 0
    """Patches that were ended for their time."""
    candidates: int = 0
    """Patches that there were, up to `Problem.max_candidates`."""
    survivors: int = 0
    """Patches that made the failing tests pass and broke none, the answer among them."""
    alternatives: tuple[Alternative, ...] = ()
    """The likeliest first, each with a behaviour of its own."""
    seconds: float = 0.0


async def repair(
    problem: Problem, run: Run, on_progress: Callable[[int, int, str], None]
) -> Repair:
    """Search one or two edits that make the failing tests pass and break none.

    The same problem has the same answer, unless time runs out. `on_progress` hears every two
    seconds or so how many candidates were tried, of how many, and what is going on. Test files
    are never changed.
    Raises: SandboxUnavailable, from `run`.
    """
    started = time.monotonic()
    driver = Driver(
        run=run,
        root=problem.root,
        python=problem.python,
        readable=problem.readable,
        roots=problem.roots,
        targets=problem.tests,
        until=started + problem.max_seconds,
        test_s=min(MOST_TEST_S, max(LEAST_TEST_S, problem.max_seconds * TEST_SHARE)),
    )
    found = await _repair(problem, driver, on_progress)
    return replace(found, seconds=time.monotonic() - started)


async def _repair(
    problem: Problem, driver: Driver, tell: Callable[[int, int, str], None]
) -> Repair:
    odd = [name for name in problem.tests if name.startswith("-") or "\0" in name]
    if odd:
        return Repair(changes=None, why=f"{odd[0]!r} is no test; name a path or a node id")
    # Before anything runs: afterwards a file may be a link to somewhere else.
    files = await asyncio.to_thread(read_sources, problem.root)
    tell(0, 0, "running the tests with coverage")
    try:
        seen = await driver.observe()
    except NoAnswer as fault:
        return Repair(changes=None, why=str(fault))
    obstacle = why_not_startable(seen, problem.tests)
    if obstacle:
        return Repair(changes=None, why=obstacle, failing_before=seen.failing)
    sifted = await asyncio.to_thread(_ranked, seen, files)
    search = Search(
        driver=driver,
        seen=seen,
        files=files,
        tell=tell,
        most=problem.max_candidates,
        avoid=problem.avoid,
    )
    pulse = asyncio.create_task(_pulse(search))
    try:
        await search.go(sifted.kept, sifted.inert)
    finally:
        pulse.cancel()
    return _answer(search)


async def _pulse(search: Search) -> None:
    """Tell how far it is while a slice of time is under way."""
    while True:
        await asyncio.sleep(PULSE_S)
        search.say()


def _ranked(seen: Observation, files: Mapping[str, bytes]) -> Sifted:
    """The single edits to be tried, in order, and those that alone change nothing.

    Takes seconds for much code.
    """
    scores = localise(seen.spectrum, all_failing=len(seen.failing))
    found = candidates(files, scores, leave=test_files(seen.tests))
    return sift(found, files, seen.snapshots, seen.complete, seen.types)


def _answer(search: Search) -> Repair:
    counts = Repair(
        changes=None,
        why="",
        failing_before=search.seen.failing,
        tried=search.tried,
        timeouts=search.timeouts,
        candidates=search.total,
        survivors=search.survivors,
    )
    choice = search.found
    if choice is None:
        return replace(counts, why=why_not_found(search))
    name = title(choice.patch, search.files)
    return replace(
        counts,
        changes=as_change(choice.patch, search.files),
        why=why_chosen(name, choice, search),
        title=name,
        digest=digest(choice.patch, search.files),
        alternatives=tuple(_alternative(other, search.files) for other in choice.others),
    )


def _alternative(other: Other, files: Mapping[str, bytes]) -> Alternative:
    return Alternative(
        title=title(other.patch, files),
        digest=digest(other.patch, files),
        changes=as_change(other.patch, files),
        call=other.on.shown(),
        gives=other.gives,
        chosen_gives=other.chosen_gives,
    )
