"""Runs of plans that are over for so long that nobody looks at them any more."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gatewright.domain.errors import ThreadBusy
from gatewright.settings import Settings
from gatewright.storage.plans.runs import open_plan_runs
from gatewright.upkeep.disk_use import used
from gatewright.upkeep.freed import Tally
from gatewright.workspace.sandbox.sweep import remove

FOLDER = "plans"
"""In the home: a folder for each run."""


def thread_of(run_id: str) -> str:
    """A run's thread among LangGraph's; a task may have the same name."""
    return f"plan/{run_id}"


async def retire_plans(settings: Settings, tally: Tally, now: datetime, *, dry_run: bool) -> None:
    """Take away what is left of them: output, events, rows and checkpoints.

    A run that was interrupted or waits for a person stays, however old: it may be gone on with.
    """
    from gatewright.storage.checkpoints import (  # noqa: PLC0415  LangGraph's, only here
        open_checkpoints,
    )

    home = settings.home
    oldest = now.astimezone(UTC) - timedelta(days=settings.retention.plan_days)
    async with (
        open_plan_runs(home / "state.sqlite", home / FOLDER) as store,
        open_checkpoints(home / "checkpoints.sqlite") as saver,
    ):
        for run_id in await store.ended_before(oldest.isoformat(timespec="milliseconds")):
            with tally.trying(f"the plan's run {run_id!r} stays"), suppress(ThreadBusy):
                size = await asyncio.to_thread(used, home / FOLDER / run_id)
                if not dry_run:
                    await saver.adelete_thread(thread_of(run_id))
                    await store.forget(run_id)
                    await asyncio.to_thread(_take_away, home / FOLDER / run_id)
                tally.add("plans", 1, size)


def _take_away(folder: Path) -> None:
    """Raises: OSError for what resists."""
    remove(folder)
    if folder.exists():
        raise OSError("its folder cannot be removed; remove it by hand")
