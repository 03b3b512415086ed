"""All tasks of a home at a glance."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatewright.domain.task import Task
from gatewright.settings import Settings, load_settings
from gatewright.storage.database import open_database
from gatewright.storage.ledger import Ledger
from gatewright.storage.processes import this_process
from gatewright.storage.purse import SqlPurse
from gatewright.tasks.overview import active_tasks, costs, is_running, overview

ME = "ada@mill"
GONE = replace(this_process(), started="0")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home", budget={"day_usd": 5})


@pytest.fixture
async def ledger(settings: Settings) -> AsyncIterator[Ledger]:
    """With a task `t`."""
    async with open_database(settings.home / "state.sqlite") as database:
        ledger = Ledger(database)
        await ledger.accept(Task(id="t", goal="Mend it", repo=Path("/r")), "a" * 40, by=ME)
        yield ledger


@pytest.fixture
async def dead(settings: Settings) -> AsyncIterator[Ledger]:
    """The ledger as a process had it that is gone."""
    async with open_database(settings.home / "state.sqlite") as database:
        yield Ledger(database, process=lambda: GONE)


async def standing(settings: Settings) -> list[tuple[str, str]]:
    return [(one.task_id, one.standing) for one in await active_tasks(settings)]


async def test_what_was_never_begun_is_accepted(settings: Settings, ledger: Ledger) -> None:
    assert await standing(settings) == [("t", "accepted")]


async def test_what_a_living_process_runs_is_running(settings: Settings, ledger: Ledger) -> None:
    await ledger.begin("t", by=ME)
    [one] = await active_tasks(settings)
    assert (one.standing, one.runs) == ("running", 1)
    assert one.process.startswith(f"process {this_process().pid} on ")
    assert await is_running(settings, "t")


async def test_what_a_dead_process_left_is_killed(
    settings: Settings, ledger: Ledger, dead: Ledger
) -> None:
    await dead.begin("t", by=ME)
    assert await standing(settings) == [("t", "killed")]
    assert not await is_running(settings, "t")


async def test_what_ended_short_of_a_result_is_stopped(settings: Settings, ledger: Ledger) -> None:
    await ledger.finish(await ledger.begin("t", by=ME), "drained")
    assert await standing(settings) == [("t", "stopped")]


async def test_what_is_over_is_not_active(settings: Settings, ledger: Ledger) -> None:
    await ledger.note("t", "failed")
    assert await standing(settings) == []


async def test_what_runs_comes_first(settings: Settings, ledger: Ledger) -> None:
    await ledger.begin("t", by=ME)
    await ledger.accept(Task(id="later", goal="Then this", repo=Path("/r")), "a" * 40)
    assert await standing(settings) == [("t", "running"), ("later", "accepted")]


async def test_a_wish_to_cancel_is_told_with_its_reason(settings: Settings, ledger: Ledger) -> None:
    await ledger.begin("t", by=ME)
    await ledger.request_cancel("t", by=ME, reason="too dear")
    [one] = await active_tasks(settings)
    assert one.cancel == "too dear"


async def test_tasks_are_counted_by_state(settings: Settings, ledger: Ledger) -> None:
    for name, state in (("a", "done"), ("b", "done"), ("c", "cancelled")):
        await ledger.accept(Task(id=name, goal="x", repo=Path("/r")), "a" * 40)
        await ledger.note(name, state)  # type: ignore[arg-type]
    found = await overview(settings)
    assert (found.tasks, found.states) == (4, {"done": 2, "new": 1, "cancelled": 1})
    assert (found.review.waiting, [one.task_id for one in found.active]) == ((), ["t"])


async def test_costs_are_of_today_the_month_and_all_time(settings: Settings) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    async with open_database(settings.home / "state.sqlite") as database:
        old = SqlPurse(database, day_usd=None, month_usd=None, now=lambda: long_ago)
        await old.reserve("old", "t", 2.0)
        await SqlPurse(database, day_usd=None, month_usd=None).reserve("new", "t", 0.5)
    found = await costs(settings)
    assert (found.today_usd, found.month_usd, found.all_usd) == (0.5, 0.5, 2.5)
    assert (found.day_limit_usd, found.month_limit_usd) == (5, None)
