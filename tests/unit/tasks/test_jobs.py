"""Several tasks at once: how many, in which order, and what an error ends."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gatewright.domain.entry import Entry
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.intake import make_task
from gatewright.domain.result import TaskResult
from gatewright.tasks.jobs import run_each, urgent_first


def entry(task_id: str, *, accepted_at: str = "2026-01-01", **fields: Any) -> Entry:
    task = make_task({"id": task_id, "goal": "x", "repo": "/work", **fields})
    return Entry(task=task, base_commit="0" * 40, accepted_at=accepted_at)


def done(one: Entry) -> TaskResult:
    return TaskResult(task_id=one.task.id, state="done", goal="x", repo=str(Path("/work")))


def test_the_most_urgent_come_first_and_then_the_oldest() -> None:
    entries = [
        entry("new", accepted_at="2026-01-02"),
        entry("old"),
        entry("low", priority="low"),
        entry("critical", priority="critical", accepted_at="2026-01-03"),
    ]
    assert [one.task.id for one in urgent_first(entries)] == ["critical", "old", "new", "low"]


async def test_so_many_run_at_a_time_and_no_more() -> None:
    running, most, all_there = 0, 0, asyncio.Event()

    async def run(one: Entry) -> TaskResult:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 2:
            all_there.set()
        await all_there.wait()
        await asyncio.sleep(0)  # whoever would come in between comes now
        running -= 1
        return done(one)

    ended = await run_each([entry(name) for name in "abcde"], run, jobs=2)
    assert ([one.task_id for one in ended], most) == (list("abcde"), 2)


async def test_a_fault_ends_its_own_task_only() -> None:
    async def run(one: Entry) -> TaskResult:
        if one.task.id == "a":
            raise EnvironmentFault("No room", "Make some")
        return done(one)

    a, b = await run_each([entry("a"), entry("b")], run, jobs=1)
    assert (str(a.error), a.result) == ("No room. Make some", None)
    assert b.result is not None


async def test_a_bug_ends_them_all_and_is_shown_as_it_is() -> None:
    left = asyncio.Event()

    async def run(one: Entry) -> TaskResult:
        if one.task.id == "b":
            raise LookupError("b")
        try:
            await asyncio.Event().wait()
        finally:
            left.set()
        return done(one)

    with pytest.raises(LookupError):
        await run_each([entry("a"), entry("b")], run, jobs=2)
    assert left.is_set()


async def test_once_stopped_nothing_more_is_begun() -> None:
    begun: list[str] = []

    async def run(one: Entry) -> TaskResult:
        begun.append(one.task.id)
        return done(one)

    ended = await run_each(
        [entry(name) for name in "abc"], run, jobs=1, stopped=lambda: len(begun) == 2
    )
    assert [one.task_id for one in ended] == begun == ["a", "b"]
