"""The safe merge, killed with -9 at every point: nothing is lost, and it can be gone on with."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash.conftest import Driver, driving
from tests.support.merges import SAFE_MERGE, Scene
from tests.support.projects import git

STEPS = [step["id"] for step in json.loads(SAFE_MERGE.read_text())["steps"]]
ON_THE_WAY = [step for step in STEPS if step != "rollback"]
"""Of a merge that succeeds."""
POINTS = [(kind, step) for step in ON_THE_WAY for kind in ("step_started", "step_ended")]
FEW = [("step_ended", "merge"), ("step_started", "release")]
"""Tried each time: nothing is pushed; all but the clean-up is done."""

_REST = [
    pytest.param(*point, marks=[pytest.mark.slow, pytest.mark.crash_all])
    for point in POINTS
    if point not in FEW
]


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with driving("merge_driver") as driver:
        yield driver


class Crash:
    """A scene in which the merge is killed, and gone on with."""

    def __init__(self, folder: Path, driver: Driver) -> None:
        self.scene = Scene(folder / "work")
        self.theirs = self.scene.advance("theirs.txt", "theirs\n")
        self.folder = folder
        self.before = self.scene.before()
        self._driver = driver

    async def run(self, **order: Any) -> dict[str, Any]:
        """A merge of `topic`, unless another run is to be gone on with."""
        variables = {"BRANCH": "topic", "TEST": order.pop("test", "test -f topic.txt")}
        given = {} if "resume" in order else {"variables": variables}
        self._driver.tell(home=self.folder / "home", repo=self.scene.repo, **given, **order)
        return await self._driver.end()

    def merged(self) -> bool:
        """Whether the remote has exactly the merge of the two, and no earlier commit is gone."""
        parents = git(self.scene.remote, "log", "-1", "--format=%P", "main").split()
        return parents == [self.theirs, self.scene.tip("refs/heads/topic")]


@pytest.fixture
def crash(tmp_path: Path, driver: Driver) -> Crash:
    return Crash(tmp_path, driver)


@pytest.mark.parametrize(("kind", "step"), [*FEW, *_REST])
async def test_killed_at_every_point(crash: Crash, kind: str, step: str) -> None:
    scene, before = crash.scene, crash.before
    dead = await crash.run(kill=[kind, step])
    assert (dead["killed"], dead["orphans"]) == (True, [])
    assert scene.lost(before) == []
    # The local branch is where it was unless the remote has what was tested.
    assert scene.remote_main() == before.remote or crash.merged()
    assert scene.tip("refs/heads/main") in (before.refs["refs/heads/main"], scene.remote_main())
    done = await crash.run(resume=dead["run"])
    assert (done["status"], done["orphans"]) == ("succeeded", [])
    again = set(dead["started"]) & set(done["started"])
    assert again == ({step} if kind == "step_started" else set())
    assert crash.merged()
    assert scene.tip("refs/heads/main") == scene.remote_main()
    assert (scene.lost(before), scene.left()) == ([], [])
    assert scene.backup(dead["run"]) == before.refs["refs/heads/main"]


async def test_killed_while_the_tests_run(crash: Crash) -> None:
    pid, once = crash.folder / "pid", crash.folder / "once"
    test = f"test -e {once} || {{ touch {once}; kill -9 $(cat {pid}); sleep 60; }}"
    dead = await crash.run(test=test, pid=pid)
    assert (dead["killed"], dead["orphans"], dead["started"][-1]) == (True, [], "test")
    assert (crash.scene.lost(crash.before), crash.scene.remote_main()) == ([], crash.theirs)
    done = await crash.run(resume=dead["run"])
    assert (done["status"], done["started"][0], crash.merged()) == ("succeeded", "test", True)
    assert (crash.scene.lost(crash.before), crash.scene.left()) == ([], [])


async def test_killed_when_the_remote_has_just_taken_it(crash: Crash) -> None:
    pid = crash.folder / "pid"
    crash.scene.hook("post-receive", f"kill -9 $(cat {pid})")
    dead = await crash.run(pid=pid)
    assert (dead["killed"], dead["orphans"], dead["started"][-1]) == (True, [], "push")
    assert (crash.merged(), crash.scene.lost(crash.before)) == (True, [])
    assert crash.scene.tip("refs/heads/main") == crash.before.refs["refs/heads/main"]
    (crash.scene.remote / "hooks" / "post-receive").unlink()
    tip = crash.scene.remote_main()
    done = await crash.run(resume=dead["run"])
    assert (done["status"], crash.scene.remote_main()) == ("succeeded", tip)
    assert (crash.scene.lost(crash.before), crash.scene.left()) == ([], [])


@pytest.mark.parametrize(
    "step", ["push", pytest.param("worktree", marks=[pytest.mark.slow, pytest.mark.crash_all])]
)
async def test_killed_and_given_up(crash: Crash, step: str) -> None:
    dead = await crash.run(kill=["step_started", step])
    refused = await crash.run()
    assert refused["status"] == "failed"
    assert "refs/safe-merge/lock" in crash.scene.left()
    given_up = await crash.run(resume=dead["run"], stop=True)
    assert given_up["status"] == "cancelled"
    assert (crash.scene.lost(crash.before), crash.scene.left()) == ([], [])
    assert crash.scene.remote_main() == crash.before.remote
    assert crash.scene.tip("refs/heads/main") == crash.before.refs["refs/heads/main"]
    afresh = await crash.run()
    assert (afresh["status"], crash.merged()) == ("succeeded", True)
