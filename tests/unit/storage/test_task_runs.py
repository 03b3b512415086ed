"""Runs of tasks in the ledger."""

import asyncio
from dataclasses import replace
from pathlib import Path

import aiosqlite
import pytest

from gatewright.domain.entry import Happening, Process
from gatewright.domain.errors import InputError
from gatewright.domain.task import Task
from gatewright.storage.database import open_database
from gatewright.storage.ledger import Ledger
from gatewright.storage.processes import this_process

ME = "ada@mill"
GONE = replace(this_process(), started="0")
"""A process that had our number before us."""


@pytest.fixture
def dead(database: aiosqlite.Connection) -> Ledger:
    """The ledger as a process had it that is gone."""
    return Ledger(database, process=lambda: GONE)


async def ends(ledger: Ledger) -> list[tuple[int | None, str | None, str]]:
    found = [each for each in await ledger.history("t1") if each.kind == "ended"]
    return [(each.run, each.how, each.detail) for each in found]


async def test_a_run_is_open_until_it_ends(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task, "a")
    run = await ledger.begin("t1", by=ME)
    (found,) = await ledger.open_runs()
    assert (found.run, found.task_id, found.by, found.process) == (run, "t1", ME, this_process())
    await ledger.finish(run, "done")
    assert await ledger.open_runs() == ()


async def test_the_first_end_of_a_run_stays(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task, "a")
    run = await ledger.begin("t1", by=ME)
    await ledger.finish(run, "drained", "SIGTERM")
    await ledger.finish(run, "done")
    assert await ends(ledger) == [(run, "drained", "SIGTERM")]


async def test_a_run_that_never_began_has_no_end(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task, "a")
    await ledger.note("t1", "planning")  # a row, but no run
    with pytest.raises(LookupError, match="no run 1 ever began"):
        await ledger.finish(1, "done")


async def test_a_secret_in_an_end_is_not_kept(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task, "a")
    token = "ghp_" + "a1B2" * 9
    await ledger.finish(await ledger.begin("t1", by=ME), "error", f"refused: {token}")
    assert token not in str(await ledger.history("t1"))


async def test_the_runs_of_a_task_are_counted(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task, "a")
    for _ in range(3):
        await ledger.finish(await ledger.begin("t1", by=ME), "drained")
    found = await ledger.find("t1")
    assert found is not None
    assert found.runs == 3


async def test_a_run_of_a_cancelled_task_does_not_begin(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task, "a")
    await ledger.cancelled("t1")
    with pytest.raises(InputError, match=r"was cancelled.*gatewright resume t1"):
        await ledger.begin("t1", by=ME)
    assert await ledger.open_runs() == ()


async def test_a_run_whose_process_is_gone_is_buried(
    ledger: Ledger, dead: Ledger, task: Task
) -> None:
    await ledger.accept(task, "a")
    run = await dead.begin("t1", by=ME)
    (killed,) = await ledger.bury()
    assert (killed.run, killed.task_id, killed.process) == (run, "t1", GONE)
    assert await ends(ledger) == [(run, "killed", f"process {GONE.pid} on {GONE.host} was gone")]


async def test_a_run_is_buried_once(ledger: Ledger, dead: Ledger, task: Task) -> None:
    await ledger.accept(task, "a")
    await dead.begin("t1", by=ME)
    assert len(await ledger.bury()) == 1
    assert await ledger.bury() == ()


async def test_a_living_run_is_not_buried(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task, "a")
    await ledger.begin("t1", by=ME)
    assert await ledger.bury() == ()


async def test_a_run_on_another_host_is_not_buried_from_here(
    ledger: Ledger, database: aiosqlite.Connection, task: Task
) -> None:
    await ledger.accept(task, "a")
    there = Process(host="elsewhere", pid=1, started="0", boot="another")
    await Ledger(database, process=lambda: there).begin("t1", by=ME)
    assert await ledger.bury() == ()


async def test_a_run_that_ended_is_not_buried(ledger: Ledger, dead: Ledger, task: Task) -> None:
    await ledger.accept(task, "a")
    await dead.finish(await dead.begin("t1", by=ME), "done")
    assert await ledger.bury() == ()


async def test_of_many_that_bury_at_once_one_names_each_run(
    ledger: Ledger, dead: Ledger, task: Task, file: Path
) -> None:
    """Two connections, as two processes have them."""
    await ledger.accept(task, "a")
    runs = [await dead.begin("t1", by=ME) for _ in range(5)]
    async with open_database(file) as other:
        found = await asyncio.gather(*(each.bury() for each in (ledger, Ledger(other)) * 3))
    assert sorted(killed.run for part in found for killed in part) == runs


async def test_the_history_says_who_began_and_how_it_ended(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task, "a", by="bob@mill")
    run = await ledger.begin("t1", by=ME)
    await ledger.note("t1", "planning")
    await ledger.finish(run, "error", "no model answered")
    said = [replace(each, at="") for each in await ledger.history("t1")]
    assert said == [
        Happening(kind="accepted", task_id="t1", at="", by="bob@mill"),
        Happening(kind="began", task_id="t1", at="", by=ME, run=run),
        Happening(kind="state", task_id="t1", at="", state="planning"),
        Happening(
            kind="ended", task_id="t1", at="", run=run, how="error", detail="no model answered"
        ),
    ]
