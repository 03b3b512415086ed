"""The machine's side of a run: there however the run ends, and never the reason why it does."""

import asyncio
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator

import psutil
import pynvml
import pytest

from gatewright.telemetry.monitoring import Monitoring
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.sampling.sampler import NAME
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import (
    State,
    about,
    asking,
    chain,
    config,
    rows,
    single,
    writers,
)

PATIENCE_S = 20.0
LOGGER = "gatewright.telemetry"


@pytest.fixture
def watching(folder) -> Iterator[Sidecar]:
    """Looks as often as it may."""
    with Sidecar(folder, monitoring=Monitoring(interval_s=0.1)) as one:
        yield one


@pytest.fixture
def summaries(caplog):
    caplog.set_level(logging.INFO, logger=LOGGER)
    return lambda: [
        record.getMessage()
        for record in caplog.records
        if record.getMessage().startswith("event=request_metrics_summary ")
    ]


def samplers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == NAME]


def broken(state: State) -> State:
    raise ValueError("broken")


async def waiting(state: State) -> State:
    await asyncio.Event().wait()
    return {}


# Every way in which a run can end


def done(sidecar):
    with sidecar.run(**about()) as run:
        chain("one").invoke({}, config(run))
    return run


def failed(sidecar):
    with pytest.raises(ValueError, match="broken"), sidecar.run(**about()) as run:
        single(broken).invoke({}, config(run))
    return run


def interrupted(sidecar):
    with sidecar.run(**about()) as run:
        single(asking).invoke({}, config(run))
    return run


def cancelled(sidecar):
    async def alone():
        begun, seen = asyncio.Event(), []

        async def node(state: State) -> State:
            begun.set()
            await asyncio.Event().wait()
            return {}

        async def work():
            with sidecar.run(**about()) as run:
                seen.append(run)
                await single(node).ainvoke({}, config(run))

        task = asyncio.create_task(work())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return seen[0]

    return asyncio.run(alone())


def stopped_outside_the_graph(sidecar):
    with pytest.raises(KeyError), sidecar.run(**about()) as run:
        chain("one").invoke({}, config(run))
        raise KeyError("elsewhere")
    return run


def abandoned(sidecar):
    def events():
        with sidecar.run(**about()) as run:
            chain("one").invoke({}, config(run))
            yield run

    generator = events()
    run = next(generator)
    generator.close()
    return run


ENDINGS = [
    (done, "ok"),
    (failed, "error"),
    (interrupted, "interrupted"),
    (cancelled, "cancelled"),
    (stopped_outside_the_graph, "error"),
    (abandoned, "cancelled"),
]


@pytest.mark.parametrize(("end", "status"), ENDINGS, ids=[end.__name__ for end, _ in ENDINGS])
def test_however_a_run_ends_its_figures_are_there(watching, folder, summaries, end, status):
    run = end(watching)
    assert run.metrics.sample_count >= 2
    assert len(summaries()) == 1
    watching.flush()
    assert rows(folder, "runs", "status", "sample_count") == [(status, run.metrics.sample_count)]


@pytest.mark.parametrize(
    "end", [end for end, _ in ENDINGS], ids=[end.__name__ for end, _ in ENDINGS]
)
def test_however_a_run_ends_nobody_looks_any_more(watching, end):
    end(watching)
    for thread in samplers():
        thread.join(PATIENCE_S)
    assert samplers() == []


# What it says


def test_a_short_run_has_all_figures_of_the_machine(watching):
    found = done(watching).metrics
    told = {name: getattr(found, f"{name}_percent") for name in ("cpu", "memory", "disk")}
    assert [name for name, spread in told.items() if spread is None] == []
    assert all(0 <= s.min <= s.avg <= s.max <= 100 for s in told.values())


async def test_so_has_a_short_one_on_an_event_loop(watching):
    with watching.run(**about()) as run:
        await chain("one").ainvoke({}, config(run))
    found = run.metrics
    assert None not in (found.cpu_percent, found.memory_percent)
    assert found.sample_count >= 2


def test_while_it_runs_a_node_may_ask(watching):
    seen = []

    def look(state: State) -> State:
        seen.append(watching.metrics())
        return {}

    with watching.run(**about()) as run:
        single(look).invoke({}, config(run))
    assert (seen[0].trace_id, seen[0].sample_count >= 1) == (run.trace_id, True)
    assert seen[0].duration_seconds <= run.metrics.duration_seconds


async def test_each_of_two_runs_hears_its_own(watching):
    seen, meet = {}, asyncio.Barrier(2)

    async def look(state: State) -> State:
        await meet.wait()
        seen[watching.metrics().trace_id] = watching.metrics().concurrent_runs_max
        await meet.wait()
        return {}

    async def one():
        with watching.run(**about()) as run:
            await single(look).ainvoke({}, config(run))
        return run.trace_id

    traces = await asyncio.gather(one(), one())
    assert seen == dict.fromkeys(traces, 2)


def test_where_no_run_is_under_way_there_is_nothing_to_say(watching):
    assert watching.metrics() is None


def test_after_the_end_it_is_always_the_same(watching):
    run = done(watching)
    before = run.metrics
    with watching.run(**about()) as other:
        chain("one", "two").invoke({}, config(other))
    run.begin()
    assert run.metrics is before


def test_a_run_of_which_nothing_happened_leaves_no_trace(watching, summaries, folder):
    with watching.run(**about()) as run:
        pass
    assert (run.metrics, summaries(), samplers(), folder.exists()) == (None, [], [], False)


def test_what_comes_after_the_end_is_not_watched(watching):
    with watching.run(**about()) as run:
        pass
    chain("late").invoke({}, config(run))
    assert samplers() == []


def test_too_much_is_counted(folder, summaries):
    limits = {"memory_percent": 0.001, "cpu_percent": 100}
    with Sidecar(folder, monitoring=Monitoring(thresholds=limits)) as sidecar:
        found = done(sidecar).metrics
    (violation,) = found.violations
    assert (violation.metric, violation.limit) == ("memory_percent", 0.001)
    assert violation.count == found.threshold_violations == found.sample_count
    assert f"threshold_violations={found.sample_count}" in summaries()[0]
    ((told, listed),) = rows(folder, "runs", "threshold_violations", "violations")
    assert (told, json.loads(listed)) == (violation.count, [violation.model_dump()])


def test_the_summary_names_the_run(watching, summaries):
    with watching.run(**about(task="t7")) as run:
        run.describe(task_id="t8")
        chain("one").invoke({}, config(run))
    (line,) = summaries()
    said = dict(pair.split("=", 1) for pair in line.split())
    assert (said["trace_id"], said["task_id"], said["conversation_id"]) == (
        run.trace_id,
        "t8",
        "t7",
    )
    assert {"duration_seconds", "sample_count", "cpu_avg", "memory_max", "disk_min"} <= set(said)
    assert (said["dropped_events"], said["lost_events"]) == ("0", "0")


def test_the_row_of_a_run_says_the_same(watching, folder):
    found = done(watching).metrics
    watching.flush()
    columns = ("interval_s", "sample_count_in_window", "mem_pct_max", "disk_pct_avg")
    assert rows(folder, "runs", *columns, "concurrent_runs_max", "service_name") == [
        (
            0.1,
            found.sample_count_in_window,
            found.memory_percent.max,
            found.disk_percent.avg,
            1,
            "gatewright",
        )
    ]


def test_every_node_finds_the_machine_as_it_was_when_it_began(watching, folder):
    done(watching)
    watching.flush()
    with open_reading(folder) as reading:
        found = reading.sql(
            "SELECT n.node, h.mem_pct, h.active_runs FROM v_node_runs n"
            " ASOF JOIN v_hardware_samples h"
            " ON n.started_at >= h.ts"
        )
    assert [(row["node"], row["mem_pct"] > 0) for row in found] == [("one", True)]


# Many at once


async def test_a_hundred_runs_share_one_sampler_and_one_writer(watching):
    meet = asyncio.Barrier(100)
    threads = []

    async def node(state: State) -> State:
        await meet.wait()
        threads.append((len(samplers()), len(writers())))
        await meet.wait()
        return {}

    graph = single(node)

    async def one(number: int):
        told = about(task=f"t{number}")
        with watching.run(**told) as run:
            await graph.ainvoke({}, config(run, told["conversation_id"]))
        return run.metrics.concurrent_runs_max

    most = await asyncio.gather(*(one(number) for number in range(100)))
    assert (set(threads), set(most)) == ({(1, 1)}, {100})


@pytest.mark.slow
def test_a_forked_child_has_a_sampler_of_its_own(tmp_path):
    code = (
        "import os, pathlib, sys, threading\n"
        "from gatewright.telemetry.monitoring import Monitoring\n"
        "from gatewright.telemetry.sampling.sampler import NAME\n"
        "from gatewright.telemetry.sidecar import Sidecar\n"
        "from tests.unit.telemetry.graphs import about, chain, config\n"
        "sidecar = Sidecar(pathlib.Path(sys.argv[1]), monitoring=Monitoring(interval_s=0.1))\n"
        "with sidecar.run(**about()) as outer:\n"
        "    chain('one').invoke({}, config(outer))\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        with sidecar.run(**about('child')) as run:\n"
        "            chain('one').invoke({}, config(run))\n"
        "        names = [thread.name for thread in threading.enumerate()]\n"
        "        good = run.metrics.sample_count >= 2 and names.count(NAME) == 1\n"
        "if not child:\n"
        "    sidecar.close()\n"
        "    os._exit(0 if good and outer.metrics else 1)\n"
        "sidecar.close()\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (answer.returncode, answer.stderr) == (0, "")


# What may go wrong


def test_when_psutil_raises_the_run_goes_on(watching, monkeypatch, caplog):
    def refuse(*args, **kwargs):
        raise psutil.AccessDenied

    for name in ("cpu_times", "virtual_memory", "disk_io_counters", "Process"):
        monkeypatch.setattr(psutil, name, refuse)

    async def node(state: State) -> State:
        while watching.metrics().sample_count_in_window < 3:
            await asyncio.sleep(0.01)
        return {"done": ["well"]}

    async def one():
        with watching.run(**about()) as run:
            return run, await single(node).ainvoke({}, config(run))

    run, answer = asyncio.run(one())
    assert answer == {"done": ["well"]}
    assert run.metrics.disk_percent is not None
    assert watching.losses.errors["sampler: memory: AccessDenied"] >= 3
    assert len([r for r in caplog.records if "sampler's memory" in r.getMessage()]) == 1


def test_when_no_thread_can_be_started_the_run_goes_on(watching, monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        run = done(watching)
    assert run.metrics.sample_count == 2
    assert watching.losses.errors["sampler: thread: RuntimeError"] == 1
    assert watching.flush()


@pytest.mark.parametrize("include_gpu", [True, False])
def test_the_driver_is_asked_only_where_that_is_wanted(folder, monkeypatch, include_gpu):
    asked = threading.Event()

    def refuse(*args):
        asked.set()
        raise RuntimeError("lost")

    monkeypatch.setattr(pynvml, "nvmlInit", refuse)
    looking = Monitoring(interval_s=0.1, include_gpu=include_gpu)
    with Sidecar(folder, monitoring=looking) as sidecar:

        async def node(state: State) -> State:
            while sidecar.metrics().sample_count_in_window < 3:
                await asyncio.sleep(0.01)
            return {}

        async def one():
            with sidecar.run(**about()) as run:
                await single(node).ainvoke({}, config(run))
            return run

        run = asyncio.run(one())
    assert (asked.is_set(), run.metrics.gpu_percent) == (include_gpu, None)


def test_when_the_log_cannot_be_written_the_run_goes_on(watching):
    class Full(logging.Handler):
        def emit(self, record):
            raise OSError("disk full")

    handler, log = Full(), logging.getLogger(LOGGER)
    log.addHandler(handler)
    before = log.level
    log.setLevel(logging.INFO)
    try:
        run = done(watching)
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
    assert run.metrics is not None
    assert watching.losses.errors == {"sampler: summary: OSError": 1}


def test_disabled_it_neither_looks_nor_starts_a_thread(tmp_path):
    code = (
        "import pathlib, sys, threading\n"
        "from gatewright.telemetry.sidecar import Sidecar\n"
        "with Sidecar(pathlib.Path(sys.argv[1]), enabled=False) as sidecar:\n"
        "    with sidecar.run(trace_id='a', conversation_id='b') as run:\n"
        "        sidecar.record('gate_checks', {'gate': 'pytest'})\n"
        "        assert sidecar.metrics() is run is None\n"
        "assert not {'duckdb', 'psutil', 'pynvml', 'langchain_core'} & set(sys.modules)\n"
        "assert threading.active_count() == 1"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, tmp_path], check=False, capture_output=True, text=True
    )
    assert (answer.returncode, answer.stderr) == (0, "")


def test_disabled_a_graph_runs_without_it(folder):
    before = threading.active_count()
    with Sidecar(folder, enabled=False) as sidecar:
        assert done(sidecar) is None
        assert threading.active_count() == before
