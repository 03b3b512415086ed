"""Kill -9 wherever it hurts, run the same command again, and compare with a run left alone."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from gatewright.app import Gatewright
from gatewright.domain.errors import ThreadBusy
from tests.acceptance.conftest import QUICK
from tests.acceptance.test_steps import GOOD, NO_DOCSTRING, POOR, TWO_STEPS
from tests.crash.conftest import Driver
from tests.support.openai_server import OpenAIServer, Request
from tests.support.projects import git, picture, sample_task
from tests.support.scripts import (
    APPROVED,
    USAGE,
    fix,
    flags,
    says,
    script,
)

NODES = (
    "planner",
    "plan_reviewer",
    "implementer",
    "code_reviewer",
    "quality_gate",
    "deliver",
)
MIDDLE = {
    **{node: ["model_called"] for node in NODES[:4]},
    "implementer": ["model_called", "edit_applied"],
    "quality_gate": ["gate_check"],
    "deliver": ["delivered"],
}
"""What is worth dying for between a node's start and its end."""
DEATHS = [
    {"node": node, "kind": kind}
    for node in NODES
    for kind in ("node_started", *MIDDLE[node], "node_ended")
]
SCRIPT = {"implementer": [says(fix("whole"))]}


async def test_killed_at_every_node(driver: Driver, tmp_path: Path) -> None:
    task = _task(tmp_path)
    before = picture(Path(task["repo"]))
    async with OpenAIServer(script(**SCRIPT)) as server:
        order = {"home": tmp_path / "home", "flags": flags(server.url), "task": task}
        for death in DEATHS:
            said = await driver.run(**order, kill_at=death)
            assert said["killed"], f"{death} was never reached: {said}"
        killed = (await driver.run(**order))["result"]
        answered = _answered(server.requests)
    alone, made_alone = await _left_alone(driver, tmp_path)
    assert killed["state"] == alone["state"] == "done"
    assert answered == [0, 1, 2, 3], "an answer was paid for twice"
    assert _spend(killed) == _spend(alone)
    assert _made(Path(task["repo"])) == made_alone
    assert picture(Path(task["repo"])) == before


async def test_killed_in_the_middle_of_a_call(driver: Driver, tmp_path: Path) -> None:
    task = _task(tmp_path)
    stalled = script(**SCRIPT, code_reviewer=[{"stall": True}, says(APPROVED)])
    async with OpenAIServer(stalled) as server:
        order = {"home": tmp_path / "home", "flags": flags(server.url), "task": task}
        pid = await driver.start(**order)
        await server.arrived(4)
        os.kill(pid, signal.SIGKILL)
        assert (await driver.end())["killed"]
        result = (await driver.run(**order))["result"]
        answered = _answered(server.requests)
    assert (result["state"], answered) == ("done", [0, 1, 2, 3])


async def test_killed_in_the_second_try_of_the_second_step(driver: Driver, tmp_path: Path) -> None:
    answers = script(
        planner=[says(TWO_STEPS)],
        implementer=[says(fix("whole")), POOR, GOOD],
        code_reviewer=[says(APPROVED), says(NO_DOCSTRING), says(APPROVED)],
    )
    second = {"node": "implementer", "attempt": 2}
    task = _task(tmp_path)
    async with OpenAIServer(answers) as server:
        order = {"home": tmp_path / "home", "flags": flags(server.url), "task": task}
        for kind in ("edit_applied", "node_ended"):
            assert (await driver.run(**order, kill_at={**second, "kind": kind}))["killed"]
        result = (await driver.run(**order))["result"]
    assert [(step["state"], step["attempts"]) for step in result["steps"]] == [
        ("completed", 1),
        ("completed", 2),
    ]
    made = git(Path(task["repo"]), "log", "--format=%s", "main..gatewright/killed")
    assert made.split("\n")[:-1] == ["Name the limit", "Allow the limit"]
    assert len(_made(Path(task["repo"]))["refs"].split()) == 3
    assert result["output_tokens"] == 8 * USAGE["output"]


async def test_killed_in_the_repair_engine(driver: Driver, tmp_path: Path) -> None:
    task = _task(tmp_path)
    order = {"home": tmp_path / "home", "flags": {}, "task": task}
    said = await driver.run(**order, kill_at={"kind": "engine_progress"})
    assert said["killed"]
    result = (await driver.run(**order))["result"]
    assert (result["state"], result["attempts"]) == ("done", 1)


async def test_an_open_question_survives(driver: Driver, tmp_path: Path) -> None:
    task = _task(tmp_path, budget={"max_tokens": 1})
    async with OpenAIServer(script(**SCRIPT)) as server:
        order = {"home": tmp_path / "home", "flags": flags(server.url), "task": task}
        await driver.run(**order, kill_at={"kind": "interrupted"})
        result = (await driver.run(**order))["result"]
    assert result["state"] == "awaiting_human"
    assert result["question"]["stop"]["kind"] == "budget"


async def test_a_second_run_of_the_same_task_is_refused(driver: Driver, tmp_path: Path) -> None:
    task = sample_task(tmp_path / "work", id="busy", gate=QUICK)
    stalled = script(**SCRIPT, plan_reviewer=[{"stall": True}, says(APPROVED)])
    async with OpenAIServer(stalled) as server:
        given = flags(server.url)
        order = {"home": tmp_path / "home", "flags": given, "task": task}
        pid = await driver.start(**order)
        await server.arrived(2)
        with (
            Gatewright(home=tmp_path / "home", **given) as gatewright,
            pytest.raises(ThreadBusy, match=str(pid)),
        ):
            await gatewright.arun(task)
        os.kill(pid, signal.SIGKILL)
        assert (await driver.end())["killed"]
        result = (await driver.run(**order))["result"]
    assert result["state"] == "done"


def _task(folder: Path, **fields: Any) -> dict[str, Any]:
    return sample_task(folder / "work", id="killed", gate=QUICK, **fields)


async def _left_alone(driver: Driver, folder: Path) -> tuple[dict[str, Any], Any]:
    task = sample_task(folder / "alone", id="killed", gate=QUICK)
    async with OpenAIServer(script(**SCRIPT)) as server:
        order = {"home": folder / "alone-home", "flags": flags(server.url), "task": task}
        said = await driver.run(**order)
    return said["result"], _made(Path(task["repo"]))


def _answered(requests: list[Request]) -> list[Any]:
    """The rules (roles) of the requests that got their answer, in order of the roles."""
    return sorted(r.rule for r in requests if r.outcome == "answered")


def _spend(result: dict[str, Any]) -> list[Any]:
    return [result[key] for key in ("cost_usd", "input_tokens", "output_tokens", "attempts")]


def _made(repo: Path) -> dict[str, Any]:
    """The delivered tree, and how many commits there are and where."""
    objects = git(repo, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)")
    return {
        "tree": git(repo, "rev-parse", "gatewright/killed^{tree}"),
        "commits": objects.count("commit"),
        "refs": git(repo, "for-each-ref", "--format=%(refname)", "refs/gatewright"),
    }
