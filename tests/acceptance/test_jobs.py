"""Several tasks at once, each with its own lock, commits, spend and telemetry."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from langgraph.runtime import RunControl

from gatewright.cli.watching import Watch
from gatewright.domain.events import Event
from gatewright.store import open_store
from tests.acceptance.conftest import Workshop
from tests.acceptance.test_cli import configured
from tests.support.openai_server import OpenAIServer, served
from tests.support.projects import git
from tests.support.scripts import fix, flags, says, script

pytestmark = pytest.mark.slow

CALLS = """
SELECT task_id, count(*) AS n
FROM llm_calls JOIN (SELECT DISTINCT trace_id, task_id FROM runs) USING (trace_id)
GROUP BY task_id
"""
COMMAND = Path(sys.executable).with_name("gatewright")


async def test_two_at_once_are_both_done_and_their_figures_are_their_own(
    workshop: Workshop,
) -> None:
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            tasks = [workshop.task(name) for name in ("left", "right")]
            entries = [await gatewright.aaccept(task) for task in tasks]
            ended = await gatewright.arun_each(entries, jobs=2)
            calls = gatewright.query(CALLS)
    results = [one.result for one in ended]
    assert [result and result.state for result in results] == ["done", "done"]
    assert len({result and result.cost_usd for result in results}) == 1
    assert {row["task_id"]: row["n"] for row in calls} == {"left": 4, "right": 4}
    for task in tasks:
        assert git(task["repo"], "branch", "--list", "gatewright/*").strip()


async def test_one_drain_stops_all_and_begins_no_more(workshop: Workshop) -> None:
    control = RunControl()
    planned = set()

    def listen(event: Event) -> None:
        if event.kind == "planned":
            planned.add(event.task_id)
        if len(planned) == 2:
            control.request_drain()

    async with OpenAIServer(script(plan_reviewer=[{"stall": 0.2}])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            names = ("first", "second", "third")
            entries = [await gatewright.aaccept(workshop.task(name)) for name in names]
            ended = await gatewright.arun_each(entries, jobs=2, control=control, on_event=listen)
    assert [one.task_id for one in ended] == ["first", "second"]
    assert planned == {"first", "second"}


def test_ctrl_c_stops_every_job_and_the_rest_can_be_resumed(workshop: Workshop) -> None:
    tasks = [workshop.task(name) for name in ("uno", "due", "tre")]
    file = workshop.folder / "tasks.json"
    file.write_text(json.dumps({"tasks": tasks}, default=str))
    answers = script(implementer=[says(fix("whole"))])
    with served(answers, workshop.folder) as provider:
        settings = configured(workshop.folder, provider.url)
        with subprocess.Popen(
            [str(COMMAND), "run", str(file), "--jobs", "2", "--json"],
            env={**os.environ, **settings, "GATEWRIGHT_HOME": str(workshop.home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            assert running.stderr is not None
            for line in running.stderr:
                if "plan_review" in line:
                    break
            running.send_signal(signal.SIGINT)
            out = running.communicate(timeout=60)[0]
        with workshop.gatewright(**flags(provider.url)) as gatewright:
            ended = asyncio.run(gatewright.aresume_all(jobs=2))
    stopped = json.loads(out.splitlines()[-1])["tasks"]
    assert (running.returncode, {one["task_id"] for one in stopped}) == (130, {"uno", "due"})
    states = {one.task_id: one.result and one.result.state for one in ended}
    assert states.items() >= {"uno": "done", "due": "done", "tre": "done"}.items()


async def test_a_second_signal_ends_every_job_at_once(workshop: Workshop) -> None:
    tasks = [workshop.task(name) for name in ("ein", "zwei")]
    async with OpenAIServer(script(planner=[{"stall": True}])) as server:
        given = {"home": workshop.home, **flags(server.url)}
        with Watch(as_json=True, unsafe_no_sandbox=False, **given) as watch:
            running = asyncio.create_task(watch.run_each(tasks, jobs=2))
            await server.arrived(2)
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGINT)
            ended = await running
            async with open_store(watch.gatewright.settings) as store:
                ends = [(await store.ledger.history(name))[-1].how for name in ("ein", "zwei")]
    assert [one.result and one.result.state for one in ended] == ["planning", "planning"]
    assert ends == ["cancelled", "cancelled"]
