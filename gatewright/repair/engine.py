"""The built-in repair engine's door: a failing test goes in, a small change comes out."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gatewright.domain.edit import ChangeSet
from gatewright.repair.change import as_change, digest, title
from gatewright.repair.inquiry import Driver, NoAnswer, Observation, Run
from gatewright.repair.localise import localise
from gatewright.repair.mutate import Candidate, candidates, is_sound
from gatewright.repair.search import Search
from gatewright.repair.sources import read_sources, test_files
from gatewright.repair.words import why_not_found, why_not_startable

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
    tried: int = 0
    """Candidates that were run."""
    timeouts: int = 0
    """Candidates that were ended for their time."""
    candidates: int = 0
    """Candidates that there were, up to `Problem.max_candidates`."""
    seconds: float = 0.0


async def repair(
    problem: Problem, run: Run, on_progress: Callable[[int, int, str], None]
) -> Repair:
    """Search a single edit that makes the failing tests pass and breaks none.

    The same problem has the same answer, unless time runs out. `on_progress` hears how many
    candidates were tried, of how many, and what is going on. Test files are never changed.
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
    return _timed(found, time.monotonic() - started)


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
    ranked = await asyncio.to_thread(_ranked, problem, seen, files)
    search = Search(driver=driver, seen=seen, files=files, tell=tell)
    await search.go(ranked)
    return _answer(search, ranked)


def _ranked(problem: Problem, seen: Observation, files: Mapping[str, bytes]) -> list[Candidate]:
    """The candidates to be tried, in order. Takes seconds for much code."""
    scores = localise(seen.spectrum, all_failing=len(seen.failing))
    chosen: list[Candidate] = []
    for candidate in candidates(files, scores, leave=test_files(seen.tests)):
        if len(chosen) >= problem.max_candidates:
            break
        data = files[candidate.path]
        if digest(candidate, data) not in problem.avoid and is_sound(candidate, data):
            chosen.append(candidate)
    return chosen


def _answer(search: Search, ranked: list[Candidate]) -> Repair:
    found = search.found
    if found is None:
        return Repair(
            changes=None,
            why=why_not_found(search, len(ranked)),
            failing_before=search.seen.failing,
            tried=search.tried,
            timeouts=search.timeouts,
            candidates=len(ranked),
        )
    data = search.files[found.path]
    name = title(found, data)
    return Repair(
        changes=as_change(found, data),
        why=f"{name}: {len(search.seen.failing)} failing tests pass, and none is broken",
        title=name,
        digest=digest(found, data),
        failing_before=search.seen.failing,
        tried=search.tried,
        timeouts=search.timeouts,
        candidates=len(ranked),
    )


def _timed(found: Repair, seconds: float) -> Repair:
    return replace(found, seconds=seconds)
