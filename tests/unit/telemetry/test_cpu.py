"""Every millisecond of CPU is put down to the node that used it, whatever else is under way."""

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from langchain_core.runnables import RunnableLambda
from langgraph.graph import END, START, StateGraph

from gatewright.telemetry.meters import METER
from tests.unit.telemetry.cpu_support import (  # noqa: F401  the fixture
    Clocks,
    State,
    arun,
    burn,
    collector_off,
    near,
    side_by_side,
)
from tests.unit.telemetry.graphs import ainvoke, rows


def burning(thread_ms: float, meet: threading.Barrier | None = None):
    def node(state: State) -> State:
        if meet:
            meet.wait(10)
        burn(thread_ms)
        if meet:
            meet.wait(10)
        return {}

    return node


def stepwise(thread_ms: float, meet: asyncio.Barrier):
    """In five pieces, between which all others go on."""

    async def node(state: State) -> State:
        for _ in range(5):
            await meet.wait()
            burn(thread_ms / 5)
        await meet.wait()
        return {}

    return node


def test_plain_nodes_in_parallel_threads():
    clocks, meet = Clocks(), threading.Barrier(3)
    nodes = {f"n{ms}": burning(ms, meet) for ms in (20, 40, 80)}
    side_by_side(**nodes).invoke({}, {"callbacks": [clocks]})
    assert clocks.cpu() == {f"n{ms}": ("thread", near(ms)) for ms in (20, 40, 80)}


async def test_async_nodes_that_take_turns():
    meet = asyncio.Barrier(4)
    clocks = await arun(**{f"n{ms}": stepwise(ms, meet) for ms in (50, 100, 200, 20)})
    assert clocks.cpu() == {f"n{ms}": ("stepped", near(ms)) for ms in (50, 100, 200, 20)}


async def test_plain_nodes_of_a_graph_on_a_loop():
    meet = threading.Barrier(2)
    clocks = await arun(one=burning(20, meet), two=burning(50, meet))
    assert clocks.cpu() == {"one": ("stepped", near(20)), "two": ("stepped", near(50))}


async def test_tasks_that_a_node_makes_are_its_own():
    meet = asyncio.Barrier(4)

    async def part(state: State = {}) -> State:  # noqa: B006
        await meet.wait()
        burn(30)
        await meet.wait()
        return {}

    async def gathering(state: State) -> State:
        await asyncio.gather(part(), part(), part())
        return {}

    clocks = await arun(gathering=gathering, alone=part)
    assert clocks.cpu() == {"gathering": ("stepped", near(90)), "alone": ("stepped", near(30))}


async def test_a_task_group_and_a_runnable_inside_a_node():
    async def inside(ms: float) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(2):
                group.create_task(asyncio.to_thread(burn, ms))

    async def work(state: State) -> State:
        await RunnableLambda(inside).ainvoke(15)
        return {}

    assert (await arun(work=work)).cpu() == {"work": ("stepped", near(30))}


async def test_work_for_threads_is_its_submitters():
    async def own(state: State) -> State:
        with ThreadPoolExecutor(1) as pool:
            await asyncio.get_running_loop().run_in_executor(pool, burn, 25)
        burn(10)
        return {}

    async def default(state: State) -> State:
        await asyncio.gather(*(asyncio.to_thread(burn, 20) for _ in range(3)))
        return {}

    clocks = await arun(own=own, default=default)
    assert clocks.cpu() == {"own": ("stepped", near(35)), "default": ("stepped", near(60))}


async def test_a_coroutine_sent_back_from_a_thread():
    async def part() -> None:
        burn(30)

    async def work(state: State) -> State:
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(part(), loop).result(10))
        return {}

    assert (await arun(work=work)).cpu() == {"work": ("stepped", near(30))}


async def test_an_async_generator_is_part_of_its_node():
    async def pieces():
        for number in range(4):
            burn(10)
            yield number
            await asyncio.sleep(0)

    async def work(state: State) -> State:
        return {"done": [str(number) async for number in pieces()]}

    assert (await arun(work=work)).cpu() == {"work": ("stepped", near(40))}


def nested(inner) -> object:
    """A node that burns 20 ms around a graph of one node, `inner`."""
    graph = side_by_side(inner=inner)

    async def on_loop(state: State) -> State:
        burn(10)
        await graph.ainvoke({})
        burn(10)
        return {}

    def plain(state: State) -> State:
        burn(10)
        graph.invoke({})
        burn(10)
        return {}

    return on_loop if asyncio.iscoroutinefunction(inner) else plain


async def test_the_inner_node_of_a_subgraph_has_its_own():
    async def inner(state: State) -> State:
        burn(60)
        return {}

    cpu = (await arun(outer=nested(inner))).cpu()
    assert cpu["inner"] == ("stepped", near(60))
    # The outer one's is its own and what LangGraph takes to run a graph, and nothing of the inner.
    assert 20 <= cpu["outer"][1] < 45


@pytest.mark.parametrize("on_loop", [False, True])
async def test_plain_nodes_inside_plain_nodes_are_not_counted_twice(on_loop):
    clocks = Clocks()
    call = side_by_side(outer=nested(burning(60))).invoke
    if on_loop:  # as in a notebook: the loop stands still meanwhile
        call({}, {"callbacks": [clocks]})
    else:
        await asyncio.to_thread(call, {}, {"callbacks": [clocks]})
    cpu = clocks.cpu()
    assert cpu["inner"] == ("thread", near(60))
    assert cpu["outer"][0] == "thread"
    assert 20 <= cpu["outer"][1] < 45


async def test_a_plain_graph_called_by_an_async_node():
    graph = side_by_side(inner=burning(60))

    async def outer(state: State) -> State:
        burn(20)
        graph.invoke({})
        return {}

    cpu = (await arun(outer=outer)).cpu()
    assert cpu["inner"] == ("thread", near(60))
    assert cpu["outer"][0] == "stepped"
    assert 20 <= cpu["outer"][1] < 45


async def test_two_graphs_on_one_loop():
    meet = asyncio.Barrier(2)
    one, two = await asyncio.gather(
        arun(work=stepwise(30, meet)),
        arun(work=stepwise(90, meet)),
    )
    assert one.cpu() == {"work": ("stepped", near(30))}
    assert two.cpu() == {"work": ("stepped", near(90))}


def test_two_loops_in_two_threads():
    def run(thread_ms: float, meet: threading.Barrier) -> Clocks:
        async def work(state: State) -> State:
            meet.wait(10)
            burn(thread_ms)
            await asyncio.to_thread(burn, thread_ms)
            meet.wait(10)
            return {}

        return asyncio.run(arun(work=work))

    meet = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        one, two = pool.submit(run, 20, meet), pool.submit(run, 40, meet)
        assert one.result().cpu() == {"work": ("stepped", near(40))}
        assert two.result().cpu() == {"work": ("stepped", near(80))}


def test_a_node_that_is_stopped_by_another_thread():
    burnt, go = threading.Event(), threading.Event()
    begun = []

    def work() -> None:
        begun.append(METER.start(uuid4()))
        burn(30)
        burnt.set()
        go.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    burnt.wait(10)
    took = METER.stop(begun[0]).columns()
    go.set()
    thread.join()
    assert (took["cpu_method"], took["cpu_ms"]) == ("thread", near(30))


def test_a_forked_child_begins_anew():
    begun = METER.start(uuid4())
    child = os.fork()
    if child == 0:
        own = METER.start(uuid4())
        burn(10)
        took = METER.stop(own).columns()
        os._exit(0 if (own.concurrent, took["cpu_ms"]) == (1, near(10)) else 1)
    assert os.waitpid(child, 0)[1] == 0
    METER.stop(begun)


async def test_what_outlives_its_node_is_not_counted_afterwards():
    go, left = asyncio.Event(), []

    async def later() -> None:
        burn(10)
        await go.wait()
        burn(40)

    async def leaving(state: State) -> State:
        left.append(asyncio.create_task(later()))
        await asyncio.sleep(0)
        return {}

    def going(state: State) -> State:
        burn(5)
        return {}

    builder = StateGraph(State)
    builder.add_node("leaving", leaving)
    builder.add_node("after", going)
    builder.add_edge(START, "leaving")
    builder.add_edge("leaving", "after")
    builder.add_edge("after", END)
    clocks = Clocks()
    await builder.compile().ainvoke({}, {"callbacks": [clocks]})
    go.set()
    await left[0]
    assert clocks.cpu() == {"leaving": ("stepped", near(10)), "after": ("stepped", near(5))}


async def test_a_thread_that_outlives_its_node_is_counted_until_then():
    burnt, go = threading.Event(), threading.Event()

    def stubborn() -> None:
        burn(30)
        burnt.set()
        go.wait(10)
        burn(30)

    async def work(state: State) -> State:
        thread = asyncio.create_task(asyncio.to_thread(stubborn))
        await asyncio.to_thread(burnt.wait, 10)
        thread.cancel()
        return {}

    clocks = await arun(work=work)
    go.set()
    assert clocks.cpu() == {"work": ("stepped", near(30))}


async def test_a_node_that_times_out_keeps_what_it_used():
    async def work(state: State) -> State:
        burn(20)
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            burn(20)
        return {}

    assert (await arun(work=work)).cpu() == {"work": ("stepped", near(40))}


async def test_a_node_that_fails_keeps_what_it_used():
    clocks = Clocks()

    async def work(state: State) -> State:
        burn(20)
        raise ValueError("the node's own")

    with pytest.raises(ValueError, match="the node's own"):
        await side_by_side(work=work).ainvoke({}, {"callbacks": [clocks]})
    assert clocks.cpu() == {"work": ("stepped", near(20))}


async def test_a_cancelled_run_keeps_what_it_used():
    clocks, begun = Clocks(), asyncio.Event()

    async def work(state: State) -> State:
        burn(20)
        begun.set()
        await asyncio.Event().wait()
        return {}

    graph = side_by_side(work=work)
    run = asyncio.create_task(graph.ainvoke({}, {"callbacks": [clocks]}))
    await begun.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert clocks.cpu() == {"work": ("stepped", near(20))}


async def test_work_deep_inside_a_node_is_found_by_the_runs_handler(sidecar, folder):
    async def part() -> None:
        burn(30)

    async def inside(given: str) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(part(), loop).result(10))

    async def work(state: State) -> State:
        await RunnableLambda(inside).ainvoke("")
        return {}

    await ainvoke(sidecar, side_by_side(work=work))
    assert sidecar.flush()
    assert rows(folder, "node_runs", "cpu_method", "cpu_ms") == [("stepped", near(30))]
