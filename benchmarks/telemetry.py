"""What the sidecar costs a graph: the same graph with and without it, in turn, in one process.

    python -m benchmarks.telemetry [--json] [--rounds 40] [--nodes 20]

The nodes do nothing, so that the ratio is the worst there is: a node of a real task takes seconds.
Main-thread CPU is what a run waits for; the whole process's includes the writer's thread. Rounds
are paired and shuffled; the last line is one JSON object.
"""

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph

from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.sidecar import Sidecar

Work = Callable[[list[Any]], None]


class State(TypedDict, total=False):
    """One number, so that nodes have something to write."""

    n: int


def chain(nodes: int, *, is_async: bool) -> Any:
    """A graph of so many nodes that do nothing, one after the other."""

    async def later(state: State) -> State:
        return {"n": 1}

    def now(state: State) -> State:
        return {"n": 1}

    builder = StateGraph(State)
    names = [f"n{number}" for number in range(nodes)]
    for name in names:
        builder.add_node(name, later if is_async else now)
    for before, after in zip((START, *names), (*names, END), strict=True):
        builder.add_edge(before, after)
    return builder.compile()


def measure(work: Work, sidecar: Sidecar, *, rounds: int, nodes: int) -> dict[str, float]:
    """Microseconds of main-thread CPU a node: without, with, and their paired difference."""
    without: list[float] = []
    with_it: list[float] = []
    for _ in range(rounds):
        pair = [(without, False), (with_it, True)]
        random.shuffle(pair)
        for times, metered in pair:
            begun = time.thread_time_ns()
            if metered:
                _metered(work, sidecar)
            else:
                work([])
            times.append((time.thread_time_ns() - begun) / 1000 / nodes)
    differences = [b - a for a, b in zip(without, with_it, strict=True)]
    return {
        "without_us": statistics.median(without),
        "with_us": statistics.median(with_it),
        "difference_us": statistics.median(differences),
        "ratio": statistics.median(with_it) / statistics.median(without),
        "ratio_of_best": min(with_it) / min(without),
    }


def whole_process(work: Work, sidecar: Sidecar, *, runs: int, nodes: int) -> dict[str, float]:
    """CPU of all threads over a second or so of runs without a pause, writer included."""
    used = {}
    for name, metered in (("without_us", False), ("with_us", True)):
        begun = time.process_time_ns()
        for _ in range(runs):
            _metered(work, sidecar) if metered else work([])
        sidecar.flush()
        used[name] = (time.process_time_ns() - begun) / 1000 / nodes / runs
    return {**used, "ratio": used["with_us"] / used["without_us"]}


def _metered(work: Work, sidecar: Sidecar) -> None:
    told = {"task_id": "bench", "conversation_id": "bench"}
    told |= {"risk": "low", "area": "", "priority": "normal"}
    with sidecar.run(trace_id=uuid.uuid4().hex, **told) as run:
        work([] if run is None else [run.handler])


def main() -> None:
    """Measure, print, and check that every node was written."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--nodes", type=int, default=20)
    given = parser.parse_args()
    plain = chain(given.nodes, is_async=False)
    coroutines = chain(given.nodes, is_async=True)
    loop = asyncio.new_event_loop()
    works: dict[str, Work] = {
        "sync": lambda callbacks: plain.invoke({}, {"callbacks": callbacks}),
        "async": lambda callbacks: loop.run_until_complete(
            coroutines.ainvoke({}, {"callbacks": callbacks})
        ),
    }
    result: dict[str, Any] = {"nodes": given.nodes, "rounds": given.rounds}
    with tempfile.TemporaryDirectory() as folder:
        sidecar = Sidecar(Path(folder))
        for name, work in works.items():
            measure(work, sidecar, rounds=5, nodes=given.nodes)
            result[name] = measure(work, sidecar, rounds=given.rounds, nodes=given.nodes)
        result["whole_process"] = whole_process(
            works["async"], sidecar, runs=given.rounds * 4, nodes=given.nodes
        )
        begun = time.perf_counter()
        sidecar.close()
        result["close_ms"] = (time.perf_counter() - begun) * 1000
        with open_reading(Path(folder)) as reading:
            [written] = reading.sql("SELECT count(*) AS n FROM v_node_runs")
        expected = (2 * (given.rounds + 5) + given.rounds * 4) * given.nodes
        result["rows_expected"], result["rows_written"] = expected, written["n"]
        result["losses"] = sidecar.losses.total()
    loop.close()
    if not given.json:
        for name in ("sync", "async", "whole_process"):
            row = result[name]
            print(
                f"{name:14} {row['without_us']:7.0f} us a node without, {row['with_us']:7.0f} with:"
                f" x{row['ratio']:.2f}"
            )
    print(json.dumps(result, default=float))


if __name__ == "__main__":
    main()
