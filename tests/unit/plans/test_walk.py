"""A walk over coroutines."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from gatewright.domain.errors import InputError
from gatewright.domain.plan_run import StepResult
from gatewright.plans.scheduling.walk import Node, walk

OK = StepResult(status="succeeded")
FAILED = StepResult(status="failed")


class Held:
    """Performances that end when the test says so."""

    def __init__(self) -> None:
        self.running: dict[str, asyncio.Future[StepResult]] = {}
        self.started: list[str] = []
        self.cancelled: list[str] = []
        self._new = asyncio.Event()

    async def perform(self, name: str) -> StepResult:
        self.running[name] = asyncio.get_running_loop().create_future()
        self.started.append(name)
        self._new.set()
        try:
            return await self.running[name]
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise
        finally:
            del self.running[name]

    async def until(self, *names: str) -> None:
        while not set(names) <= set(self.started):
            self._new.clear()
            await self._new.wait()

    def end(self, name: str, result: StepResult = OK) -> None:
        self.running[name].set_result(result)


def nobody_left() -> bool:
    return asyncio.all_tasks() == {asyncio.current_task()}


async def at_once(name: str) -> StepResult:
    return OK


async def test_a_slow_node_does_not_hold_up_an_unrelated_branch() -> None:
    held = Held()
    nodes = [Node(id="slow"), Node(id="a"), Node(id="b", depends_on=("a",))]
    walking = asyncio.create_task(walk(nodes, held.perform, max_concurrency=2))
    await held.until("slow", "a")
    held.end("a")
    await held.until("b")
    assert set(held.running) == {"slow", "b"}
    held.end("b")
    held.end("slow")
    assert list((await walking).values()) == [OK, OK, OK]


async def test_no_more_run_than_there_are_places() -> None:
    now = most = 0

    async def perform(name: str) -> StepResult:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return OK

    await walk([Node(id=str(i)) for i in range(50)], perform, max_concurrency=3)
    assert most == 3


async def test_results_come_in_the_order_given() -> None:
    nodes = [Node(id="b", depends_on=("a",)), Node(id="a")]
    assert list(await walk(nodes, at_once, max_concurrency=1)) == ["b", "a"]


async def test_an_abort_cancels_and_awaits_what_runs() -> None:
    held = Held()
    nodes = [Node(id="slow"), Node(id="bad"), Node(id="after", depends_on=("slow",))]
    walking = asyncio.create_task(walk(nodes, held.perform, max_concurrency=9))
    await held.until("slow", "bad")
    held.end("bad", FAILED)
    results = await walking
    statuses = {name: result.status for name, result in results.items()}
    assert statuses == {"slow": "cancelled", "bad": "failed", "after": "cancelled"}
    assert held.cancelled == ["slow"]


async def test_what_is_started_and_stopped_within_one_turn_ends() -> None:
    """The failure is drained before the new task has had its first turn."""
    nodes = [
        Node(id="a"),
        Node(id="bad"),
        *(Node(id=f"c{i}", depends_on=("a",)) for i in range(3)),
    ]

    async def perform(name: str) -> StepResult:
        if name == "bad":
            await asyncio.sleep(0)
            return FAILED
        if name != "a":
            await asyncio.Event().wait()
        return OK

    results = await asyncio.wait_for(walk(nodes, perform, max_concurrency=9), 10)
    assert {results[f"c{i}"].status for i in range(3)} == {"cancelled"}


async def test_cancelled_it_leaves_nothing_behind() -> None:
    held = Held()
    walking = asyncio.create_task(
        walk([Node(id="a"), Node(id="b")], held.perform, max_concurrency=2)
    )
    await held.until("a", "b")
    walking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await walking
    assert sorted(held.cancelled) == ["a", "b"]
    assert nobody_left()


async def test_cancelled_again_it_still_waits_for_what_it_stops() -> None:
    may_end = asyncio.Event()
    begun = asyncio.Event()
    ended: list[str] = []

    async def stubborn(name: str) -> StepResult:
        begun.set()
        while not may_end.is_set():
            try:
                await may_end.wait()
            except asyncio.CancelledError:
                continue
        ended.append(name)
        return OK

    walking = asyncio.create_task(walk([Node(id="a")], stubborn, max_concurrency=1))
    await begun.wait()
    for _ in range(5):
        walking.cancel()
        await asyncio.sleep(0)
    assert not walking.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await walking
    assert ended == ["a"]


async def test_an_error_cancels_the_others_and_goes_on() -> None:
    held = Held()

    async def perform(name: str) -> StepResult:
        if name == "bad":
            await held.until("slow")
            raise LookupError("no such thing")
        return await held.perform(name)

    with pytest.raises(LookupError, match="no such thing"):
        await walk([Node(id="slow"), Node(id="bad")], perform, max_concurrency=2)
    assert held.cancelled == ["slow"]
    assert nobody_left()


async def test_an_error_of_the_listener_goes_on_too() -> None:
    def listen(name: str, result: StepResult) -> None:
        raise LookupError(name)

    with pytest.raises(LookupError, match="a"):
        await walk([Node(id="a")], at_once, max_concurrency=1, on_change=listen)
    assert nobody_left()


async def test_each_change_is_told_once_and_a_start_before_it_is_made() -> None:
    told: list[tuple[str, str]] = []

    async def perform(name: str) -> StepResult:
        assert told[-1] == (name, "running")
        return FAILED if name == "b" else OK

    nodes = [
        Node(id="a"),
        Node(id="b", depends_on=("a",), policy="skip_dependents"),
        Node(id="c", depends_on=("b",)),
    ]
    await walk(
        nodes,
        perform,
        max_concurrency=1,
        on_change=lambda name, result: told.append((name, result.status)),
    )
    assert told == [
        ("a", "running"),
        ("a", "succeeded"),
        ("b", "running"),
        ("b", "failed"),
        ("c", "skipped"),
    ]


async def test_ten_thousand_nodes_have_no_task_before_they_start() -> None:
    most = 0

    async def perform(name: str) -> StepResult:
        nonlocal most
        most = max(most, len(asyncio.all_tasks()) if name.endswith("000") else 0)
        return OK

    await walk([Node(id=str(i)) for i in range(10_000)], perform, max_concurrency=4)
    assert most <= 6


@pytest.mark.parametrize(
    ("nodes", "places"),
    [([Node(id="a")], 0), ([Node(id="a"), Node(id="a")], 1), ([Node(id="a", depends_on="x")], 1)],
)
async def test_what_cannot_be_walked_is_refused(nodes: list[Node], places: int) -> None:
    perform: Callable[[str], Awaitable[StepResult]] = at_once
    with pytest.raises(InputError):
        await walk(nodes, perform, max_concurrency=places)
