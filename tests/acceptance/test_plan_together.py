"""Several runs of plans on one home: locks, and a holder that is killed."""

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from gatewright.orchestration.plans import Plans
from tests.crash.plan_engine import Death, engine, plans

ALONE = "mkdir inside && sleep 0.05 && rmdir inside && echo $PLAN_RUN_ID >> log"
"""Fails when two do it at the same time."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    plan = {
        "plan_id": "p",
        "steps": [
            {"id": name, "command": "sh", "args": ["-c", ALONE], "locks": ["inside", "other"]}
            for name in "abc"
        ],
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan), "utf-8")
    return tmp_path


async def test_a_lock_is_one_runs_at_a_time(folder: Path) -> None:
    async with plans(folder) as first, plans(folder) as second:
        with blockbuster_ctx(scanned_modules=["gatewright", "graph", "nodes"]):
            runs = await asyncio.gather(
                *(
                    one.arun(folder / "plan.json", max_concurrency=3)
                    for one in (first, first, second)
                )
            )
    assert [run.status for run in runs] == ["succeeded"] * 3
    log = Counter((folder / "log").read_text("utf-8").split())
    assert log == Counter({run.run_id: 3 for run in runs})


def test_the_lock_of_a_killed_engine_is_free(folder: Path) -> None:
    plan = json.loads((folder / "plan.json").read_text("utf-8"))
    holds = {"id": "holds", "command": "sleep", "args": ["60"], "locks": ["inside"]}
    (folder / "plan.json").write_text(json.dumps({**plan, "steps": [holds]}), "utf-8")
    assert engine(folder, Death(2, later_s=0.3)) == -9
    (folder / "plan.json").write_text(json.dumps(plan), "utf-8")
    with Plans(home=folder / "home", telemetry={"enabled": False}) as own:
        assert own.run(folder / "plan.json").status == "succeeded"
        assert [one.status for one in own.runs()] == ["succeeded", "interrupted"]
