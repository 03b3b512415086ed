"""Kill -9 wherever it hurts, run the same command again, and compare with a run left alone.

These are for everybody, all the time; `test_every_point.py` has every point there is.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gatewright.app import Gatewright
from gatewright.domain.errors import ThreadBusy
from gatewright.settings import load_settings
from gatewright.upkeep.housekeeping import agc
from tests.crash.answers import answered, killed_answering
from tests.crash.commands import config_of, filled
from tests.crash.conftest import Driver
from tests.crash.descendants import started
from tests.crash.figures import Figures
from tests.crash.scene import ONE_STEP, QUICK, TASK_ID, Alone, Scene, compare, reference, scene
from tests.support.projects import git, sample_task
from tests.support.scripts import APPROVED, PLAN, fix, says, script

MIDDLE = {
    "planner": ["model_called"],
    "plan_reviewer": ["model_called"],
    "implementer": ["model_called", "edit_applied"],
    "code_reviewer": ["model_called"],
    "quality_gate": ["gate_check"],
    "deliver": ["delivered"],
}
"""What is worth dying for between a node's start and its end."""
EVERY_NODE = [
    {"node": node, "kind": kind}
    for node, between in MIDDLE.items()
    for kind in ("node_started", *between, "node_ended")
]
FEW_NODES = [death for number, death in enumerate(EVERY_NODE) if number % 3 == 2]
"""One place of each node, of the implementer two."""
HURTS: list[tuple[str, int]] = [
    ("state.sqlite: INSERT INTO tasks", 1),
    ("start bwrap", 2),  # the sandbox is being tried
    ("state.sqlite: INSERT INTO history", 1),  # whatever the ledger keeps of the run
    ("rename home/worktrees/.records/killed.new", 2),
    ("checkpoints.sqlite: COMMIT", 2),
    ("state.sqlite: INSERT INTO answers", 1),  # paid for, and not kept: the one that is lost
    ("state.sqlite: INSERT INTO purse", 2),  # kept, and not counted yet
    ("git commit-tree", 1),
    ("git update-ref", 1),  # a commit that no ref names
    ("rename home/worktrees/.records/killed.new", 1),  # a worktree between two commits
    ("rename home/baselines/.new-N", 1),
    ("rmdir work/repo/.git/worktrees/killed", 1),  # delivered, and half tidied up
]
"""One after the other, each counted from the start of its own process."""


@pytest.fixture
async def alone(driver: Driver, tmp_path: Path) -> Alone:
    """The sample's task with four calls, left alone."""
    return await reference(driver, tmp_path / "alone")


@pytest.mark.parametrize(
    "deaths",
    [
        pytest.param(FEW_NODES, id="few"),
        pytest.param(EVERY_NODE, id="all", marks=pytest.mark.crash_all),
    ],
)
async def test_killed_in_every_node(
    driver: Driver, tmp_path: Path, figures: Figures, alone: Alone, deaths: list[dict[str, str]]
) -> None:
    async with scene(driver, tmp_path, ONE_STEP) as here:
        for death in deaths:
            said = await here.run(at=death)
            assert said["killed"], f"{death} was never reached: {said}"
        figures.add(await compare(here, alone, await here.run()))
        ends = await here.ends()
    assert (figures.problems, figures.in_flight) == ([], 0)
    assert ends == [*["killed"] * len(deaths), "done"]


@pytest.mark.slow
async def test_killed_where_it_hurts(
    driver: Driver, tmp_path: Path, figures: Figures, alone: Alone
) -> None:
    async with scene(driver, tmp_path, ONE_STEP) as here:
        for point in HURTS:
            said = await here.run(point=point)
            assert said["killed"], f"{point} was never reached: {said}"
        figures.add(await compare(here, alone, await here.run()))
        assert here.litter()
        await _clean(here)
    assert (figures.problems, figures.in_flight) == ([], 1)
    assert here.litter() == []


async def test_killed_in_the_middle_of_a_call(
    driver: Driver, tmp_path: Path, figures: Figures, alone: Alone
) -> None:
    stalled = script(
        implementer=[says(fix("whole"))], code_reviewer=[{"stall": True}, says(APPROVED)]
    )
    async with scene(driver, tmp_path, stalled) as here:
        pid = await here.start()
        assert here.server is not None
        await here.server.arrived(4)
        assert (await here.end(kill=pid))["killed"]
        figures.add(await compare(here, alone, await here.run()))
    assert (figures.problems, figures.in_flight) == ([], 1)


@pytest.mark.slow
async def test_killed_while_a_check_runs(
    driver: Driver, tmp_path: Path, figures: Figures, alone: Alone
) -> None:
    gate = {**QUICK, "commands": ["sleep 1.01"]}
    async with scene(driver, tmp_path, ONE_STEP, gate=gate) as here:
        pid = await here.start()
        await started(pid, "sleep 1.01")
        assert (await here.end(kill=pid))["killed"]
        figures.add(await compare(here, alone, await here.run()))
    assert (figures.problems, figures.orphans) == ([], 0)


@pytest.mark.crash_all
async def test_killed_in_the_repair_engine(
    driver: Driver, tmp_path: Path, figures: Figures
) -> None:
    async with scene(driver, tmp_path, None) as here:
        assert (await here.run(at={"kind": "engine_progress"}))["killed"]
        result = (await here.run())["result"]
        figures.add(Figures(killed=1, trees=1, orphans=len(here.orphans), left=len(here.left())))
    # Left alone the engine finds the one repair there is, in one attempt.
    assert (result["state"], result["attempts"]) == ("done", 1)
    assert git(here.repo, "diff", "--stat", "main", result["branch"]).count("|") == 1
    assert (here.orphans, here.left()) == ([], [])


@pytest.mark.crash_all
async def test_killed_with_the_sidecar_at_work(
    driver: Driver, tmp_path: Path, figures: Figures, alone: Alone
) -> None:
    async with scene(driver, tmp_path, ONE_STEP, quiet=False) as here:
        for node in ("implementer", "quality_gate"):
            assert (await here.run(at={"node": node, "kind": "node_ended"}))["killed"]
        figures.add(await compare(here, alone, await here.run()))
        calls = await _rows(here.home, "select count(*) n from llm_calls")
    # What the sidecar held in memory dies with its process; nothing may be there twice.
    assert (figures.problems, calls[0]["n"] in range(1, 5)) == ([], True)


@pytest.mark.slow
async def test_a_second_run_of_the_same_task_is_refused_until_the_first_is_dead(
    driver: Driver, tmp_path: Path, figures: Figures, alone: Alone
) -> None:
    async with scene(driver, tmp_path, ONE_STEP) as here:
        pid = await here.start(at={"node": "implementer", "kind": "node_started"}, act="stop")
        assert (await driver.end())["stopped"]
        with (
            Gatewright(home=here.home, **here.settings) as gatewright,
            pytest.raises(ThreadBusy, match=str(pid)),
        ):
            await gatewright.arun(here.task)
        driver.tell(then="kill")
        assert (await here.end())["killed"]
        figures.add(await compare(here, alone, await here.run()))
    assert figures.problems == []


@pytest.mark.slow
async def test_every_task_of_a_dead_process_goes_on_at_once(
    driver: Driver, tmp_path: Path, figures: Figures
) -> None:
    stalled = script(
        planner=[{"stall": True}, {"stall": True}, says(PLAN)], implementer=[says(fix("whole"))]
    )
    async with scene(driver, tmp_path, stalled) as here:
        repo = Path(sample_task(tmp_path / "second")["repo"])
        tasks = [here.task, {**here.task, "id": "second", "repo": str(repo)}]
        file = tmp_path / "tasks.json"
        file.write_text(json.dumps({"tasks": tasks}))
        config = config_of(here, tmp_path)
        pid = await here.start(cli=["run", str(file), "--jobs", "2"], config=config)
        assert here.server is not None
        await here.server.arrived(2)
        assert (await here.end(kill=pid))["killed"]
        said = await here.run(cli=["resume", "--all", "--jobs", "2", "--json"], config=config)
        states = {one["task_id"]: one["state"] for one in json.loads(said["output"])["tasks"]}
        trees = [
            git(Path(task["repo"]), "rev-parse", f"gatewright/{task['id']}^{{tree}}")
            for task in tasks
        ]
        figures.add(
            Figures(
                killed=1,
                trees=int(trees[0] == trees[1]),
                in_flight=here.in_flight,
                repeated=here.asked - 8 - here.in_flight,
                orphans=len(here.orphans),
                left=len(here.left()),
            )
        )
    assert (said["code"], states) == (0, {TASK_ID: "done", "second": "done"})
    assert (figures.trees, figures.in_flight, figures.repeated) == (1, 2, 0)
    assert (here.orphans, here.left()) == ([], [])


@pytest.mark.slow
async def test_killed_when_an_answer_is_kept(
    driver: Driver, tmp_path: Path, figures: Figures
) -> None:
    alone = await answered(driver, tmp_path / "alone")
    kept = [point for point in alone.points if point.label == "state.sqlite: INSERT INTO history"]
    assert await killed_answering(driver, tmp_path / "after", kept[1], figures, alone)
    assert figures.problems == []


@pytest.mark.slow
async def test_a_full_disk_ends_the_run_and_loses_nothing(
    driver: Driver, disk: Path, figures: Figures, alone: Alone
) -> None:
    place = {"node": "implementer", "kind": "node_started"}
    await filled(driver, disk, figures, alone, place)


async def _clean(here: Scene) -> None:
    """`gatewright gc`, when what lies there has become old."""
    for path in here.litter():
        os.utime(path, (0, 0))
    freed = await agc(load_settings(home=here.home))
    assert freed.problems == ()


async def _rows(home: Path, sql: str) -> list[dict[str, Any]]:
    with Gatewright(home=home) as gatewright:
        return gatewright.query(sql)
