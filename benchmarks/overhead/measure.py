"""The graph, and how it is measured bare and watched, in turn, in one process.

Runs in the throw-away environments of other tools as well: imports langgraph and the standard
library only.
"""

import asyncio
import gc
import random
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from typing import Any, NamedTuple, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

NODES = 20
"""Of the graph, one after the other; they do nothing, so that the ratio is the worst there is."""

Watch = Callable[[], AbstractContextManager[list[Any]]]
"""Entered around a run; gives the callbacks of its config."""


def bare() -> AbstractContextManager[list[Any]]:
    """Nobody watches."""
    return nullcontext([])


class State(TypedDict, total=False):
    """One number, so that nodes have something to write."""

    n: int


class Bench:
    """The graph with a checkpointer, and a loop where its nodes are coroutines."""

    def __init__(self, *, is_async: bool, nodes: int = NODES) -> None:
        self.is_async = is_async
        self.nodes = nodes
        self.at_ns: list[int] = []
        """When each node of the last run ran, and when that run began and ended."""
        self._saver = InMemorySaver()
        self._graph = self._compile()
        self._threads = count()
        self._loop = asyncio.new_event_loop() if is_async else None

    def close(self) -> None:
        """Let go of the loop."""
        if self._loop is not None:
            self._loop.close()

    def run(self, watch: Watch) -> None:
        """Once, from the watcher's set-up to its end."""
        thread = str(next(self._threads))
        self.at_ns = [time.perf_counter_ns()]
        if self._loop is None:
            self._invoke(watch, thread)
        else:
            self._loop.run_until_complete(self._ainvoke(watch, thread))
        self.at_ns.append(time.perf_counter_ns())

    def tidy(self) -> None:
        """Forget checkpoints and garbage of runs so far, so that none pays for another."""
        self._saver.storage.clear()
        self._saver.writes.clear()
        self._saver.blobs.clear()
        gc.collect()

    def _invoke(self, watch: Watch, thread: str) -> None:
        with watch() as callbacks:
            self._graph.invoke({}, _config(callbacks, thread))

    async def _ainvoke(self, watch: Watch, thread: str) -> None:
        with watch() as callbacks:
            await self._graph.ainvoke({}, _config(callbacks, thread))

    def _compile(self) -> Any:
        async def later(state: State) -> State:
            self.at_ns.append(time.perf_counter_ns())
            return {"n": 1}

        def now(state: State) -> State:
            self.at_ns.append(time.perf_counter_ns())
            return {"n": 1}

        builder = StateGraph(State)
        names = [f"n{number}" for number in range(self.nodes)]
        for name in names:
            builder.add_node(name, later if self.is_async else now)
        for before, after in zip((START, *names), (*names, END), strict=True):
            builder.add_edge(before, after)
        return builder.compile(checkpointer=self._saver)


def _config(callbacks: list[Any], thread: str) -> Any:
    return {"callbacks": callbacks, "configurable": {"thread_id": thread}, "recursion_limit": 1000}


class Paired(NamedTuple):
    """Microseconds of CPU a node, of the thread that a run waits for."""

    bare_min_us: float
    bare_us: float
    watched_min_us: float
    watched_us: float
    added_us: float
    """The median of the paired differences."""
    added_low_us: float
    """With `added_high_us`: the 95 % interval of that median."""
    added_high_us: float
    ratio: float
    """Of the medians."""
    ratio_of_best: float
    rounds: int


def paired(bench: Bench, watch: Watch, *, rounds: int, warm_up: int = 5) -> Paired:
    """Both ways once a round, in shuffled order."""
    without: list[float] = []
    with_it: list[float] = []
    for number in range(-warm_up, rounds):
        sides = [(bare, without), (watch, with_it)]
        random.shuffle(sides)
        for side, times in sides:
            bench.tidy()
            begun = time.thread_time_ns()
            bench.run(side)
            if number >= 0:
                times.append((time.thread_time_ns() - begun) / 1000 / bench.nodes)
    added = [b - a for a, b in zip(without, with_it, strict=True)]
    low, high = interval(added)
    return Paired(
        bare_min_us=min(without),
        bare_us=statistics.median(without),
        watched_min_us=min(with_it),
        watched_us=statistics.median(with_it),
        added_us=statistics.median(added),
        added_low_us=low,
        added_high_us=high,
        ratio=statistics.median(with_it) / statistics.median(without),
        ratio_of_best=min(with_it) / min(without),
        rounds=rounds,
    )


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Of the median, at 95 %: between two order statistics, whatever the distribution."""
    ordered = sorted(values)
    reach = 0.98 * len(ordered) ** 0.5
    low = max(0, int(len(ordered) / 2 - reach))
    high = min(len(ordered) - 1, int(len(ordered) / 2 + reach + 1))
    return ordered[low], ordered[high]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so many of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
