"""`gatewright gc`: take away what nobody needs any more, by the settings' `retention`.

What a run or an open question needs stays: of a task that is not over, only earlier checkpoints
get smaller. Every task is held by its lock meanwhile, and one that runs is passed over. What is in
files goes first: that makes room on a disk that is too full for locks and databases.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gatewright.domain.entry import Entry
from gatewright.domain.errors import EnvironmentFault, ThreadBusy
from gatewright.settings import Settings
from gatewright.storage import pruning
from gatewright.storage.locks import hold_task
from gatewright.store import open_store
from gatewright.tasks.keeping import bury, writable
from gatewright.upkeep.freed import DatabaseSize, Freed, Tally
from gatewright.upkeep.leftovers import old_baselines, old_scratch, take_away
from gatewright.upkeep.plan_leftovers import retire_plans
from gatewright.upkeep.retiring import OVER, Retiring
from gatewright.waiting import wait

_LOCK = ".gc"
"""No task id begins with a dot."""
_DATABASES = ("state.sqlite", "checkpoints.sqlite")
_EVERY = timedelta(days=1)
_SCRATCH_AGE = timedelta(days=1)
"""At least: what is younger may be in use, and need not bear a lock to say so."""
_COMPACT_FROM_BYTES = 2**20
_COMPACT_FROM_SHARE = 0.25
"""Less than this of a file is not worth writing it anew: its free pages are used again."""


def gc(settings: Settings, *, dry_run: bool = False) -> Freed:
    """Take away what the settings no longer keep; in a dry run, only say what that would be.

    Raises: EnvironmentFault when the home cannot be written, or somebody else is at it.
    """
    return wait(agc(settings, dry_run=dry_run))


async def agc(settings: Settings, *, dry_run: bool = False, now: datetime | None = None) -> Freed:
    """See `gc`; `now` is what ages are counted to."""
    now = now or datetime.now(UTC)
    tally = Tally()
    await asyncio.to_thread(_files, settings, tally, now, dry_run=dry_run)
    try:
        with writable(settings.home):
            lock = nullcontext() if dry_run else hold_task(settings.home / "locks", _LOCK)
            async with lock:
                return await _gc(settings, tally, now, dry_run=dry_run)
    except ThreadBusy as busy:
        raise EnvironmentFault(
            f"Somebody clears this home up already: {busy.owner}", "Wait until it is done."
        ) from None


async def agc_daily(settings: Settings) -> Freed | None:
    """`agc` unless it was begun within a day, or cannot be done now; None then."""
    stamp = settings.home / "locks" / f"{_LOCK}.lock"
    if await asyncio.to_thread(_is_young, stamp):
        return None
    try:
        return await agc(settings)
    except EnvironmentFault:
        return None


async def _gc(settings: Settings, tally: Tally, now: datetime, *, dry_run: bool) -> Freed:
    async with open_store(settings) as store:
        before = await asyncio.to_thread(_room, settings.home)
        if not dry_run:
            with tally.trying("what processes that are gone have left behind stays"):
                await bury(settings, store)
                await store.workspace.sweep()
        entries = await store.ledger.entries()
        await Retiring(settings, store, tally, now=now, dry_run=dry_run).all(entries)
        running = bool(await store.ledger.open_runs())
    with tally.trying("runs of plans stay as they are"):
        await retire_plans(settings, tally, now, dry_run=dry_run)
    await asyncio.to_thread(_money, settings, entries, tally, now, dry_run=dry_run)
    if not dry_run:
        await asyncio.to_thread(_compact, settings.home, tally, running=running)
    after = await asyncio.to_thread(_room, settings.home)
    return Freed(
        dry_run=dry_run,
        parts=tally.parts,
        databases=tuple(
            DatabaseSize(name=name, before_bytes=size, after_bytes=after[name])
            for name, size in before.items()
        ),
        kept=tuple(tally.kept),
        problems=tuple(tally.problems),
    )


def _files(settings: Settings, tally: Tally, now: datetime, *, dry_run: bool) -> None:
    longest = max(_SCRATCH_AGE, 2 * timedelta(seconds=settings.gate.timeout_s))
    scratch = old_scratch(settings.home / "scratch", before=now - longest)
    take_away(scratch, "scratch", tally, dry_run=dry_run)
    kept = timedelta(days=settings.retention.baseline_days)
    baselines = old_baselines(settings.home / "baselines", before=now - kept)
    take_away(baselines, "baselines", tally, dry_run=dry_run)


def _money(
    settings: Settings, entries: Sequence[Entry], tally: Tally, now: datetime, *, dry_run: bool
) -> None:
    """Of whole months only: the day's and the month's sums must stay what they are."""
    oldest = now.astimezone(UTC) - timedelta(days=settings.retention.purse_days)
    month = oldest.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    with tally.trying("the purse stays as it is"):
        gone = pruning.sum_money(
            settings.home / "state.sqlite",
            before=month.isoformat(timespec="milliseconds"),
            keep={entry.task.id for entry in entries if entry.state not in OVER},
            dry_run=dry_run,
        )
        tally.add("purse", gone)


def _room(home: Path) -> dict[str, int]:
    return {name: pruning.room(home / name).file_bytes for name in _DATABASES}


def _compact(home: Path, tally: Tally, *, running: bool) -> None:
    """Who runs a task must not wait for a large file to be written anew."""
    for name in _DATABASES:
        with tally.trying(f"{name} keeps its size for now"):
            free = pruning.room(home / name)
            enough = max(_COMPACT_FROM_BYTES, free.file_bytes * _COMPACT_FROM_SHARE)
            pruning.compact(home / name, anew=free.free_bytes >= enough and not running)


def _is_young(stamp: Path) -> bool:
    """The lock's file is written whenever it is taken."""
    try:
        return time.time() - stamp.stat().st_mtime < _EVERY.total_seconds()
    except FileNotFoundError:
        return False
