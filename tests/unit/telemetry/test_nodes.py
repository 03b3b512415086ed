"""What the handler writes of a graph's nodes and of the run as a whole."""

import asyncio
import threading

import pytest
from langgraph.types import Command

from tests.unit.telemetry.graphs import (
    State,
    about,
    ainvoke,
    asking,
    chain,
    config,
    flaky,
    invoke,
    nested,
    parallel,
    rows,
    single,
    spin,
)


def test_every_node_of_a_plain_run_is_a_row(sidecar, folder):
    trace_id = invoke(sidecar, chain("one", "two"))
    assert sidecar.flush()
    columns = ("trace_id", "node", "step", "attempt", "status", "kind")
    assert rows(folder, "node_runs", *columns) == [
        (trace_id, "one", 1, 1, "ok", "node"),
        (trace_id, "two", 2, 1, "ok", "node"),
    ]


def test_a_run_is_one_row_with_what_it_was_told(sidecar, folder):
    trace_id = invoke(sidecar, chain("one"), task="t7", risk="high")
    sidecar.flush()
    columns = ("trace_id", "task_id", "risk", "workflow_name", "status", "llm_calls", "cost_amount")
    assert rows(folder, "runs", *columns) == [(trace_id, "t7", "high", "chain", "ok", 0, 0)]


def test_a_run_under_way_reads_as_running(sidecar, folder):
    def look(state: State) -> State:
        sidecar.flush()
        return {"done": rows(folder, "runs", "status")}

    with sidecar.run(**about()) as run:
        assert single(look).invoke({}, config(run))["done"] == ["running"]


async def test_parallel_async_nodes_are_told_apart(sidecar, folder):
    await ainvoke(sidecar, parallel())
    sidecar.flush()
    columns = ("node", "status", "concurrent_nodes", "cpu_method")
    assert sorted(rows(folder, "node_runs", *columns)) == [
        ("left", "ok", 1, "stepped"),
        ("right", "ok", 2, "stepped"),
    ]


def test_cpu_of_a_plain_node_is_its_threads(sidecar, folder):
    invoke(sidecar, single(lambda state: spin(30)))
    sidecar.flush()
    [(cpu_ms, method)] = rows(folder, "node_runs", "cpu_ms", "cpu_method")
    assert method == "thread"
    assert 29 < cpu_ms < 45


async def test_cpu_of_an_async_node_is_its_own_steps_and_threads(sidecar, folder):
    async def work(state: State) -> State:
        spin(15)
        await asyncio.to_thread(spin, 15)
        return {}

    await ainvoke(sidecar, single(work))
    sidecar.flush()
    [(cpu_ms, method)] = rows(folder, "node_runs", "cpu_ms", "cpu_method")
    assert method == "stepped"
    assert 29 < cpu_ms < 45


async def test_cpu_of_a_child_process_is_kept_apart(sidecar, folder):
    async def work(state: State) -> State:
        code = "import time\nwhile time.process_time() < .05: pass"
        child = await asyncio.create_subprocess_exec("python3", "-c", code)
        await child.wait()
        return {}

    await ainvoke(sidecar, single(work))
    sidecar.flush()
    [(cpu_ms, child_cpu_ms)] = rows(folder, "node_runs", "cpu_ms", "child_cpu_ms")
    assert child_cpu_ms > 45 > cpu_ms


def test_memory_is_there_at_start_and_end(sidecar, folder):
    invoke(sidecar, chain("one"))
    sidecar.flush()
    [sizes] = rows(folder, "node_runs", "rss_start_bytes", "rss_end_bytes")
    assert all(size > 2**20 for size in sizes)


def test_nodes_of_a_subgraph_stand_under_its_node(sidecar, folder):
    invoke(sidecar, nested())
    sidecar.flush()
    assert rows(folder, "node_runs", "path", "kind") == [
        ("outer", "subgraph"),
        ("outer/inner", "node"),
    ]


def test_the_runs_own_error_leaves_unchanged_and_is_written(sidecar, folder):
    def work(state: State) -> State:
        raise ValueError("the node's own")

    with pytest.raises(ValueError, match="the node's own"):
        invoke(sidecar, single(work))
    sidecar.flush()
    assert rows(folder, "node_runs", "status", "error_type") == [("error", "ValueError")]
    assert rows(folder, "runs", "status", "error_type") == [("error", "ValueError")]


def test_every_attempt_of_a_retried_node_is_a_row(sidecar, folder):
    invoke(sidecar, flaky(2))
    sidecar.flush()
    assert rows(folder, "node_runs", "attempt", "status") == [
        (1, "error"),
        (2, "error"),
        (3, "ok"),
    ]
    assert len(set(rows(folder, "node_runs", "checkpoint_ns"))) == 1


def test_a_question_is_an_interruption_and_no_error(sidecar, folder):
    invoke(sidecar, single(asking))
    sidecar.flush()
    assert rows(folder, "node_runs", "status", "error_type") == [("interrupted", None)]
    assert rows(folder, "runs", "status", "error_type") == [("interrupted", None)]


def test_a_resumed_task_is_a_second_run_of_the_same_node(sidecar, folder):
    graph = single(asking)
    invoke(sidecar, graph)
    invoke(sidecar, graph, Command(resume="yes"))
    sidecar.flush()
    assert rows(folder, "runs", "status") == ["interrupted", "ok"]
    assert rows(folder, "node_runs", "attempt", "status") == [(1, "interrupted"), (1, "ok")]
    assert len(set(rows(folder, "node_runs", "langgraph_task_id"))) == 1


async def test_a_cancelled_run_says_so(sidecar, folder):
    begun = asyncio.Event()

    async def work(state: State) -> State:
        begun.set()
        await asyncio.Event().wait()
        return {}

    running = asyncio.create_task(ainvoke(sidecar, single(work)))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    sidecar.flush()
    assert rows(folder, "node_runs", "status") == ["cancelled"]
    assert rows(folder, "runs", "status") == ["cancelled"]


def test_two_runs_at_once_in_threads_do_not_mix(sidecar, folder):
    meet = threading.Barrier(2)

    def work(state: State) -> State:
        meet.wait(10)
        sidecar.record("gate_checks", {"gate": "pytest"})
        meet.wait(10)
        return {}

    graph = single(work)
    threads = [
        threading.Thread(target=invoke, args=(sidecar, graph), kwargs={"task": task})
        for task in ("a", "b")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sidecar.flush()
    nodes = rows(folder, "node_runs", "trace_id", "run_id")
    assert sorted(rows(folder, "gate_checks", "trace_id", "run_id")) == sorted(nodes)


def test_the_outcome_that_the_caller_names_is_kept(sidecar, folder):
    with sidecar.run(**about()) as run:
        chain("one").invoke({}, config(run))
        run.outcome("done")
    sidecar.flush()
    assert rows(folder, "runs", "outcome") == ["done"]
