"""The store of plan runs."""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from gatewright.domain.errors import EnvironmentFault, InputError, ThreadBusy
from gatewright.domain.plan_run import PlanEvent, StepAttempt, StepResult
from gatewright.storage.database import open_database
from gatewright.storage.plans.lines import event_of, line_of
from gatewright.storage.plans.rows import values_of
from gatewright.storage.plans.runs import PlanRuns, Wish, open_plan_runs
from gatewright.storage.sql import migrations, queries
from tests.unit.storage.plan_samples import AT, ended, event, of_process, run, started

NOT_KEPT = event("run_ended", status=None)
"""What the database refuses."""


@pytest.fixture
def folder(file: Path) -> Path:
    return file.parent / "plans"


@pytest_asyncio.fixture
async def store(file: Path, folder: Path) -> AsyncIterator[PlanRuns]:
    async with open_plan_runs(file, folder) as opened:
        yield opened


def in_file(folder: Path, run_id: str = "r1") -> list[PlanEvent]:
    text = (folder / run_id / "events.jsonl").read_text("utf-8")
    numbers = [json.loads(line)["number"] for line in text.splitlines()]
    assert numbers == list(range(1, len(numbers) + 1))
    return [event_of(line) for line in text.splitlines()]


async def test_every_query_fits_the_schema(file: Path) -> None:
    async with open_database(file) as database:
        for query in queries("plans.sql").values():
            names = re.findall(r"(?<!:):([a-z_]+)", query)
            values = dict.fromkeys(names, "x") if names else ["x"] * query.count("?")
            await database.execute(f"EXPLAIN {query}", values)


async def test_runs_of_an_older_schema_are_kept_and_gone_on_with(file: Path, folder: Path) -> None:
    """As version 4 wrote them: events and attempts keyed by their run and a number in it."""
    file.parent.mkdir()
    first = {"r1": [event("run_started"), started(), ended()], "r2": [event("run_started", "r2")]}
    with closing(sqlite3.connect(file)) as older, older:
        for number, script in migrations()[:4]:
            older.executescript(f"{script}; PRAGMA user_version={number}")
        for run_id, events in first.items():
            values = values_of(run(run_id))
            names = ", ".join(values)
            places = ", ".join(f":{name}" for name in values)
            older.execute(f"INSERT INTO plan_runs ({names}) VALUES ({places})", values)
            older.executemany(
                "INSERT INTO plan_events VALUES (?, ?, ?, ?)",
                [(run_id, n, one.kind, line_of(one, n)) for n, one in enumerate(events, 1)],
            )
        older.execute(
            "INSERT INTO plan_attempts (run_id, number, step, attempt, token, started_at)"
            " VALUES ('r1', 2, 'a', 1, 'r1.a.1', ?)",
            (AT,),
        )
    async with open_plan_runs(file, folder) as store:
        for one in first:
            assert await store.run(one) == run(one, status="interrupted")
        assert {one: list(await store.events(one)) for one in first} == first
        assert [one.step for one in await store.attempts("r1")] == ["a"]
        await store.claim("r1")
        await store.record([ended(status="failed"), started("b")])
        assert [one.status for one in await store.attempts("r1")] == ["failed", None]
        assert await store.events("r1", after=3) == [ended(status="failed"), started("b")]
        assert list(await store.events("r2")) == first["r2"]


# Runs


async def test_a_run_is_kept_as_it_was_begun(store: PlanRuns) -> None:
    await store.begin(run())
    await store.claim("r1")
    assert await store.run("r1") == run()


async def test_an_id_is_given_once(store: PlanRuns) -> None:
    await store.begin(run())
    with pytest.raises(InputError, match="is there already"):
        await store.begin(run(plan_id="other"))


@pytest.mark.parametrize("method", ["run", "claim", "results", "attempts", "events", "ask_stop"])
async def test_a_run_that_is_not_known_is_named(store: PlanRuns, method: str) -> None:
    with pytest.raises(InputError, match="'nobody'"):
        await getattr(store, method)("nobody")


async def test_runs_are_told_newest_first_and_by_plan(store: PlanRuns) -> None:
    for number, plan in enumerate(("p", "q", "p")):
        at = f"2026-01-0{number + 1}T10:00:00.000+00:00"
        await store.begin(run(f"r{number}", plan_id=plan, started_at=at))
    assert [one.run_id for one in await store.runs()] == ["r2", "r1", "r0"]
    assert [one.run_id for one in await store.runs(plan_id="p")] == ["r2", "r0"]
    assert [one.run_id for one in await store.runs(limit=1)] == ["r2"]


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([event("run_started")], "running"),
        ([event("run_waiting", reason="why")], "waiting"),
        ([event("run_started"), event("run_stopping")], "running"),
        ([event("run_ended", status="failed")], "failed"),
        ([event("run_ended", status="cancelled"), event("run_resumed")], "running"),
    ],
)
async def test_a_run_is_in_the_state_of_its_last_event(
    store: PlanRuns, events: list[PlanEvent], status: str
) -> None:
    await store.begin(run())
    await store.claim("r1")
    await store.record(events)
    assert (await store.run("r1")).status == status


async def test_the_end_is_kept_with_its_reason_and_without_secrets(store: PlanRuns) -> None:
    await store.begin(run())
    reason = "step 'a' failed: https://me:hunter2secret@host/x"
    await store.record([event("run_ended", status="failed", reason=reason)])
    kept = await store.run("r1")
    assert (kept.ended_at, "hunter2secret" in kept.reason) == (AT, False)


# Steps


async def test_an_attempt_is_there_before_it_ends_and_has_its_end_afterwards(
    store: PlanRuns,
) -> None:
    await store.begin(run())
    await store.record([started()])
    open_ = StepAttempt(run_id="r1", step="a", attempt=1, token="t-a-1", started_at=AT)
    assert await store.attempts("r1") == [open_]
    measured = {"exit_code": 3, "duration_s": 1.5, "cpu_s": 0.5, "max_rss_bytes": 4096}
    await store.record([ended(status="failed", reason="exit 3", **measured)])
    assert await store.attempts("r1") == [
        StepAttempt(
            run_id="r1",
            step="a",
            attempt=1,
            token="t-a-1",
            started_at=AT,
            ended_at=AT,
            status="failed",
            reason="exit 3",
            **measured,
        )
    ]


async def test_what_a_step_came_to_is_its_last_word(store: PlanRuns) -> None:
    await store.begin(run())
    retrying = event("step_retrying", step="a", attempt=1, status="failed", signal=9, delay_s=2.0)
    await store.record([started(), retrying])
    assert await store.results("r1") == {}
    await store.record([started(attempt=2), ended(attempt=2, exit_code=0, captures={"v": "1"})])
    await store.record([ended("b", attempt=None, status="skipped", reason="a failed")])
    assert await store.results("r1") == {
        "a": StepResult(status="succeeded", exit_code=0, attempts=2, captures={"v": "1"}),
        "b": StepResult(status="skipped", reason="a failed"),
    }


async def test_a_step_that_is_begun_again_is_not_over(store: PlanRuns) -> None:
    await store.begin(run())
    await store.record([started(), ended(status="failed"), event("run_resumed")])
    await store.record([started(attempt=2)])
    assert await store.results("r1") == {}


async def test_the_key_is_of_the_last_success_there(store: PlanRuns) -> None:
    for number, status in enumerate(("succeeded", "succeeded", "failed")):
        await store.begin(run(f"r{number}"))
        await store.record([ended(status=status, key=f"k{number}", run_id=f"r{number}")])
    assert await store.unchanged_key("p", "a", "/src") == "k1"
    assert await store.unchanged_key("p", "a", "/elsewhere") is None
    assert await store.unchanged_key("q", "a", "/src") is None


async def test_an_attempt_ends_what_an_earlier_success_was_worth(store: PlanRuns) -> None:
    await store.begin(run("r1"))
    await store.record([ended(status="succeeded", key="k1")])
    await store.begin(run("r2"))
    await store.record([event("step_started", run_id="r2", step="a", attempt=1, key="k2")])
    assert await store.unchanged_key("p", "a", "/src") is None


# Events


async def test_the_file_has_what_the_table_has(store: PlanRuns, folder: Path) -> None:
    await store.begin(run())
    await store.claim("r1")
    said = [event("run_started"), started(), ended(), event("run_ended", status="succeeded")]
    await store.record(said[:2])
    await store.record(said[2:])
    assert await store.events("r1") == said == in_file(folder)


async def test_many_at_once_are_kept_in_the_order_in_which_they_were_told(
    store: PlanRuns, folder: Path
) -> None:
    await store.begin(run())
    said = [started(f"s{number}") for number in range(300)]
    await asyncio.gather(*(store.record([one]) for one in said))
    assert await store.events("r1") == said == in_file(folder)


async def test_events_are_read_on_from_where_one_was(store: PlanRuns) -> None:
    await store.begin(run())
    said = [started(f"s{number}") for number in range(5)]
    await store.record(said)
    assert await store.events("r1", after=3) == said[3:]
    assert await store.events("r1", after=1, limit=2) == said[1:3]
    assert await store.events("r1", after=9) == []


async def test_a_batch_is_kept_whole_or_not_at_all(store: PlanRuns) -> None:
    await store.begin(run())
    await store.record([started()])
    with pytest.raises(sqlite3.IntegrityError):
        await store.record([ended(), NOT_KEPT])
    assert await store.events("r1") == [started()]
    assert [one.ended_at for one in await store.attempts("r1")] == [None]
    await store.record([ended()])
    assert [one.ended_at for one in await store.attempts("r1")] == [AT]


async def test_one_that_fails_does_not_take_those_beside_it_with_it(store: PlanRuns) -> None:
    await store.begin(run())
    await store.record([started()])
    told = await asyncio.gather(
        *(store.record([one]) for one in (started("b"), NOT_KEPT, started("c"))),
        return_exceptions=True,
    )
    assert [type(one) for one in told] == [type(None), sqlite3.IntegrityError, type(None)]
    assert [one.step for one in await store.events("r1")] == ["a", "b", "c"]


async def written(store: PlanRuns) -> None:
    """What is asked of the store now is answered after its file has been written."""
    await store.has("r1")


@pytest.mark.parametrize("left", ["", '{"number":1', None])
async def test_a_file_that_lags_behind_is_completed_by_whoever_goes_on(
    file: Path, folder: Path, left: str | None
) -> None:
    """As a kill leaves it: none, half a line, or all but the last line."""
    said = [event("run_started"), started(), ended()]
    path = folder / "r1" / "events.jsonl"
    async with open_plan_runs(file, folder) as store:
        await store.begin(run())
        await store.claim("r1")
        await store.record(said)
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:2]) + lines[2][:9] if left is None else left, "utf-8")
    async with open_plan_runs(file, folder) as store:
        await store.claim("r1")
        assert in_file(folder) == said
        await store.record([event("run_resumed")])
        await written(store)
        assert in_file(folder) == [*said, event("run_resumed")]


async def test_a_file_that_cannot_be_written_keeps_nobody_from_running(
    store: PlanRuns, folder: Path
) -> None:
    await store.begin(run())
    (folder / "r1").mkdir(parents=True)
    (folder / "r1" / "events.jsonl").mkdir()
    await store.record([started()])
    await written(store)
    (folder / "r1" / "events.jsonl").rmdir()
    await store.record([ended()])
    await written(store)
    assert in_file(folder) == [started(), ended()]


# Who runs it


async def test_one_runs_it_at_a_time(file: Path, folder: Path, store: PlanRuns) -> None:
    await store.begin(run())
    await store.claim("r1")
    async with open_plan_runs(file, folder) as other:
        for one in (store, other):
            with pytest.raises(ThreadBusy, match=r"Plan run 'r1' is being run by .*process"):
                await one.claim("r1")
        await store.release("r1")
        await other.claim("r1")


async def test_what_is_let_go_without_an_end_was_interrupted(store: PlanRuns) -> None:
    await store.begin(run())
    await store.claim("r1")
    await store.record([event("run_started")])
    await store.release("r1")
    assert (await store.run("r1")).status == "interrupted"


async def test_what_is_let_go_after_its_end_stays_ended(store: PlanRuns) -> None:
    await store.begin(run())
    await store.claim("r1")
    await store.record([event("run_ended", status="failed")])
    await store.release("r1")
    await store.release("r1")
    assert (await store.run("r1")).status == "failed"


async def test_closing_lets_go_of_all(file: Path, folder: Path) -> None:
    async with open_plan_runs(file, folder) as store:
        await store.begin(run())
        await store.claim("r1")
    async with open_plan_runs(file, folder) as store:
        assert (await store.run("r1")).status == "interrupted"
        await store.claim("r1")


async def test_the_run_of_a_dead_process_is_interrupted_and_buried_once(
    file: Path, folder: Path, store: PlanRuns
) -> None:
    async with open_plan_runs(file, folder, process=of_process()) as dead:
        await dead.begin(run())
        await dead.claim("r1")
        await dead.record([event("run_started"), started()])
        assert (await store.run("r1")).status == "interrupted"
        assert await store.bury() == []  # its lock is held: it is not dead, whatever it says
        dead._let_go("r1")
        assert [one.run_id for one in await store.bury()] == ["r1"]
        assert await store.bury() == []
    assert (await store.run("r1")).status == "interrupted"


async def test_the_run_of_a_living_process_is_not_buried(store: PlanRuns) -> None:
    await store.begin(run())
    await store.claim("r1")
    assert await store.bury() == []
    assert (await store.run("r1")).status == "running"


# Wishes


async def test_a_wish_to_stop_is_seen_counted_and_gone_when_it_is_taken_up(
    store: PlanRuns,
) -> None:
    await store.begin(run())
    assert await store.stop_asked("r1") is None
    assert [await store.ask_stop("r1", ""), await store.ask_stop("r1", "late")] == [1, 2]
    assert (await store.stop_asked("r1"), await store.wish("r1")) == ("late", Wish("late", 2))
    await store.record([event("run_resumed")])
    assert await store.wish("r1") is None


async def test_what_is_over_cannot_be_stopped(store: PlanRuns) -> None:
    await store.begin(run())
    await store.record([event("run_ended", status="succeeded")])
    with pytest.raises(InputError, match="is over"):
        await store.ask_stop("r1")


# The desk


def test_it_may_be_used_from_any_loop(file: Path, folder: Path) -> None:
    store = asyncio.run(PlanRuns.open(file, folder))
    asyncio.run(store.begin(run()))
    assert asyncio.run(store.run("r1")).plan_id == "p"
    asyncio.run(store.close())


async def test_who_is_cancelled_while_waiting_has_it_kept_all_the_same(store: PlanRuns) -> None:
    await store.begin(run())
    recording = asyncio.ensure_future(store.record([started()]))
    await asyncio.sleep(0)
    recording.cancel()
    await asyncio.wait({recording})
    assert await store.events("r1") == [started()]


async def test_a_store_that_is_closed_says_so(file: Path, folder: Path) -> None:
    async with open_plan_runs(file, folder) as store:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        await store.run("r1")


async def test_a_database_that_others_broke_names_the_way_out(
    file: Path, folder: Path, store: PlanRuns
) -> None:
    await store.begin(run())
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA writable_schema=ON")
        other.execute("UPDATE sqlite_master SET rootpage=99999 WHERE name='plan_events'")
        other.execute("PRAGMA schema_version=99")
    with pytest.raises(EnvironmentFault, match="cannot be used"):
        await store.record([started()])
