"""The databases are cut back, and what is still asked for says the same as before."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, TypedDict

import aiosqlite
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import START, StateGraph
from langgraph.types import Command, StateSnapshot, interrupt

from gatewright.domain.conversation import Reply, Usage
from gatewright.storage.checkpoints import open_checkpoints
from gatewright.storage.journal import AnswerJournal
from gatewright.storage.pruning import (
    Cut,
    answered,
    compact,
    forget_answers,
    keep_last,
    room,
    sum_money,
    thin,
    threads,
)
from gatewright.storage.purse import SqlPurse

pytestmark = pytest.mark.slow

SERDE = JsonPlusSerializer(allowed_msgpack_modules=[])


def _append(old: list[str], new: list[str]) -> list[str]:
    return [*old, *new]


class State(TypedDict, total=False):
    """A counter, and what grows with it."""

    count: int
    diary: Annotated[list[str], _append]
    answer: str


async def _step(state: State) -> State:
    return {"count": state.get("count", 0) + 1, "diary": ["x" * 1024]}


async def _ask(state: State) -> State:
    return {"answer": interrupt({"count": state["count"]})}


def _graph(saver: Any, *, steps: int) -> Any:
    """So many steps, then a question, then one step more."""

    def after(state: State) -> str:
        if "answer" in state:
            return "__end__"
        return "step" if state["count"] < steps else "ask"

    builder = StateGraph(State)
    builder.add_node("step", _step)
    builder.add_node("ask", _ask)
    builder.add_edge(START, "step")
    builder.add_conditional_edges("step", after, {n: n for n in ("step", "ask", "__end__")})
    builder.add_edge("ask", "step")
    return builder.compile(checkpointer=saver)


def _config(thread: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread}}


async def _run(path: Path, given: Any, *, thread: str = "t", steps: int = 8) -> dict[str, Any]:
    async with open_checkpoints(path) as saver:
        graph = _graph(saver, steps=steps)
        found: dict[str, Any] = await graph.ainvoke(given, _config(thread), durability="sync")
        return found


async def _history(path: Path, *, thread: str = "t") -> list[StateSnapshot]:
    async with open_checkpoints(path) as saver:
        graph = _graph(saver, steps=8)
        return [snapshot async for snapshot in graph.aget_state_history(_config(thread))]


def _seen(history: Sequence[StateSnapshot]) -> list[tuple[Any, tuple[str, ...]]]:
    return [(snapshot.values.get("count"), snapshot.next) for snapshot in history]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The checkpoints' file."""
    return tmp_path / "checkpoints.sqlite"


async def test_a_thinned_thread_has_the_same_history(path: Path) -> None:
    await _run(path, {"count": 0})
    before = await _history(path)
    thin(path, "t", drop={"diary"}, serde=SERDE)
    after = await _history(path)
    assert _seen(after) == _seen(before)
    assert [len(snapshot.values.get("diary", ())) for snapshot in after] == [8, *[0] * 9]


async def test_a_thinned_thread_goes_on_with_its_answer(path: Path) -> None:
    await _run(path, {"count": 0})
    thin(path, "t", drop={"diary"}, serde=SERDE)
    end = await _run(path, Command(resume="yes"))
    assert (end["count"], end["answer"], len(end["diary"])) == (9, "yes", 9)


async def test_a_thread_cut_to_its_last_checkpoint_goes_on_with_its_answer(path: Path) -> None:
    await _run(path, {"count": 0})
    assert keep_last(path, "t").rows > 0
    assert threads(path) == {"t": 1}
    end = await _run(path, Command(resume="yes"))
    assert (end["count"], end["answer"], len(end["diary"])) == (9, "yes", 9)


async def test_other_threads_stay_as_they_are(path: Path) -> None:
    for thread in ("t", "other"):
        await _run(path, {"count": 0}, thread=thread)
    before = await _history(path, thread="other")
    thin(path, "t", drop={"diary"}, serde=SERDE)
    keep_last(path, "t")
    after = await _history(path, thread="other")
    assert [snapshot.values for snapshot in after] == [snapshot.values for snapshot in before]


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_dry_run_says_what_the_real_one_does(path: Path, dry_run: bool) -> None:
    await _run(path, {"count": 0})
    thinned = thin(path, "t", drop={"diary"}, serde=SERDE, dry_run=True)
    assert thin(path, "t", drop={"diary"}, serde=SERDE, dry_run=dry_run) == thinned
    left = Cut(0, 0) if not dry_run else thinned
    assert thin(path, "t", drop={"diary"}, serde=SERDE) == left


@pytest.mark.parametrize("change", ["UPDATE", "DELETE"])
async def test_what_cannot_be_done_whole_is_not_done(path: Path, change: str) -> None:
    """As where the disk fills up in the middle of it."""
    await _run(path, {"count": 0})
    with closing(sqlite3.connect(path)) as connection:
        ids = connection.execute("SELECT checkpoint_id FROM checkpoints ORDER BY 1").fetchall()
        connection.execute(
            f"CREATE TRIGGER full BEFORE {change} ON checkpoints "
            f"WHEN old.checkpoint_id = '{ids[4][0]}' BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        connection.commit()
    before = _rows(path)
    with pytest.raises(sqlite3.IntegrityError, match="full"):
        if change == "UPDATE":
            thin(path, "t", drop={"diary"}, serde=SERDE)
        else:
            keep_last(path, "t")
    assert _rows(path) == before


def _rows(path: Path) -> list[list[Any]]:
    with closing(sqlite3.connect(path)) as connection:
        tables = ("checkpoints", "writes")
        return [connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]


async def test_bloat_is_linear_once_it_is_thinned(path: Path) -> None:
    """Every step appends 1 KiB: twice the steps are four times the bytes, and must not stay so."""
    sizes = {}
    for steps in (25, 50):
        await _run(path, {"count": 0}, thread=str(steps), steps=steps)
        grown = _bytes(path, str(steps))
        thin(path, str(steps), drop={"diary"}, serde=SERDE)
        sizes[steps] = (grown, _bytes(path, str(steps)))
    assert sizes[50][0] / sizes[25][0] > 3.3
    assert sizes[50][1] / sizes[25][1] < 2.1
    assert sizes[50][1] < sizes[50][0] / 10


def _bytes(path: Path, thread: str) -> int:
    query = """
        SELECT (SELECT sum(length(checkpoint)) FROM checkpoints WHERE thread_id = :id)
             + (SELECT coalesce(sum(length(value)), 0) FROM writes WHERE thread_id = :id)
    """
    with closing(sqlite3.connect(path)) as connection:
        found: int = connection.execute(query, {"id": thread}).fetchone()[0]
    return found


async def test_a_compacted_file_gives_its_room_back(path: Path) -> None:
    await _run(path, {"count": 0}, steps=40)
    keep_last(path, "t")
    full = room(path)
    compact(path)
    after = room(path)
    assert full.free_bytes > full.file_bytes / 4
    assert (after.free_bytes, after.file_bytes < full.file_bytes / 4) == (0, True)


async def test_a_file_in_use_is_not_compacted(path: Path) -> None:
    await _run(path, {"count": 0})
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            compact(path)
    assert len(await _history(path)) == 10


def test_a_file_that_is_not_there_is_not_made(path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        threads(path)
    assert not path.exists()


async def test_answers_of_one_task_are_forgotten(
    database: aiosqlite.Connection, file: Path
) -> None:
    journal = AnswerJournal(database)
    for task in ("old", "new"):
        await journal.record(f"{task}-1", task, _reply("words"))
    assert {task: cut.rows for task, cut in answered(file).items()} == {"old": 1, "new": 1}
    forget_answers(file, "old")
    assert (await journal.recall("old-1"), await journal.recall("new-1")) == (None, _reply("words"))


def _reply(text: str) -> Reply:
    return Reply(text=text, model="m", response_model="m", finish_reason="stop", usage=Usage())


async def test_summed_money_is_the_same_money(database: aiosqlite.Connection, file: Path) -> None:
    purse = SqlPurse(database, day_usd=None, month_usd=None)
    for number in range(4):
        await purse.reserve(f"{number}", "old", 0.5)
    for number in range(3):
        await purse.settle(f"{number}", 0.1)
    await purse.reserve("open", "running", 1.0)
    await purse.reserve("open2", "running", 1.0)
    before = await purse.spent_usd()
    for expected in (2, 0):
        assert sum_money(file, before="9999", keep={"running"}, dry_run=True) == expected
        assert sum_money(file, before="9999", keep={"running"}) == expected
    assert await purse.spent_usd() == before
    async with database.execute(
        "SELECT task_id, settled, nano_usd FROM purse ORDER BY 1, 2, 3"
    ) as rows:
        assert [tuple(row) for row in await rows.fetchall()] == [
            ("old", 0, 500_000_000),
            ("old", 1, 300_000_000),
            ("running", 0, 1_000_000_000),
            ("running", 0, 1_000_000_000),
        ]


async def test_money_is_summed_onto_an_earlier_sum(
    database: aiosqlite.Connection, file: Path
) -> None:
    purse = SqlPurse(database, day_usd=None, month_usd=None)
    for batch in range(2):
        for number in range(2):
            await purse.reserve(f"{batch}-{number}", "old", 0.25)
        assert sum_money(file, before="9999", keep=()) == 1
    assert (await purse.spent_usd()).month_usd == 1.0
