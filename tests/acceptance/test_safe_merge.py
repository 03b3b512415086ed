"""The safe-merge plan on real repositories: whatever becomes of it, nothing is lost."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gatewright.cli.main import main
from gatewright.domain.plan_run import PlanEvent, PlanRun
from gatewright.orchestration.output import Stream
from gatewright.orchestration.plans import Plans
from gatewright.settings import load_settings
from tests.support.merges import SAFE_MERGE, Scene
from tests.support.projects import git, make_dirty

STEPS = [step["id"] for step in json.loads(SAFE_MERGE.read_text())["steps"]]


class Merged:
    """A run of the plan, and how each step of it ended."""

    def __init__(self, run: PlanRun, steps: Mapping[str, str]) -> None:
        self.run = run
        self.steps = steps

    @property
    def failed(self) -> list[str]:
        """Steps that failed, in the order of the plan."""
        return [step for step in STEPS if self.steps[step] == "failed"]


class Bench:
    """A scene and a home."""

    def __init__(self, folder: Path) -> None:
        self.scene = Scene(folder / "work")
        self.home = folder / "home"

    @asynccontextmanager
    async def plans(self) -> AsyncIterator[Plans]:
        """On this home."""
        async with Plans(load_settings(home=self.home)) as plans:
            yield plans

    async def merge(
        self,
        *,
        plan: Path = SAFE_MERGE,
        on_event: Callable[[PlanEvent], None] | None = None,
        **variables: str,
    ) -> Merged:
        """`topic` into `main`, tested by a command that passes unless another one is given."""
        given = {"BRANCH": "topic", "TEST": "test -f topic.txt", **variables}
        async with self.plans() as plans:
            run = await plans.arun(
                plan, variables=given, directory=self.scene.repo, on_event=on_event
            )
            progress = await plans.aprogress(run.run_id)
        return Merged(run, {name: one.status for name, one in progress.steps.items()})

    async def said(self, run: PlanRun, step: str, *, stream: Stream = "stdout") -> str:
        """What the last attempt of a step printed."""
        async with self.plans() as plans:
            return (await plans.alogs(run.run_id, step, stream=stream)).text


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_a_branch_that_is_ahead_is_a_fast_forward(bench: Bench) -> None:
    scene = bench.scene
    before = scene.before()
    merged = await bench.merge()
    topic = scene.tip("refs/heads/topic")
    assert (merged.run.status, merged.failed) == ("succeeded", [])
    assert (scene.remote_main(), scene.tip("refs/heads/main")) == (topic, topic)
    assert scene.backup(merged.run.run_id) == before.remote
    assert (scene.lost(before), scene.left()) == ([], [])


async def test_branches_that_went_apart_get_a_merge_commit(bench: Bench) -> None:
    scene = bench.scene
    theirs = scene.advance("theirs.txt", "theirs\n")
    before = scene.before()
    merged = await bench.merge(TEST="test -f theirs.txt -a -f topic.txt")
    parents = git(scene.remote, "log", "-1", "--format=%P %s", "main").strip()
    assert merged.run.status == "succeeded"
    assert parents == f"{theirs} {scene.tip('refs/heads/topic')} Merge branch 'topic' into main"
    assert scene.tip("refs/heads/main") == scene.remote_main()
    assert (scene.lost(before), scene.left()) == ([], [])


async def test_a_merge_commit_can_be_asked_for(bench: Bench) -> None:
    await bench.merge(FAST_FORWARD="no-ff", MESSAGE="Bring $(touch in) 'topic'; \"now\"")
    subject = git(bench.scene.remote, "log", "-1", "--format=%s", "main").strip()
    assert subject == "Bring $(touch in) 'topic'; \"now\""


async def test_a_branch_that_only_the_remote_has(bench: Bench) -> None:
    scene = bench.scene
    git(scene.repo, "push", "-q", "origin", "topic")
    topic = scene.tip("refs/heads/topic")
    git(scene.repo, "branch", "-D", "topic")
    merged = await bench.merge()
    assert (merged.run.status, scene.remote_main()) == ("succeeded", topic)


async def test_what_is_merged_already_stays(bench: Bench) -> None:
    await bench.merge()
    before = bench.scene.before()
    again = await bench.merge()
    assert (again.run.status, bench.scene.remote_main()) == ("succeeded", before.remote)
    assert (bench.scene.lost(before), bench.scene.left()) == ([], [])


def _conflict(scene: Scene) -> None:
    scene.advance("topic.txt", "theirs\n")


def _ahead(scene: Scene) -> None:
    git(scene.repo, "checkout", "-q", "main")
    scene.commit("mine.txt", "mine\n")
    git(scene.repo, "checkout", "-q", "mine")


def _uncommitted(scene: Scene) -> None:
    git(scene.repo, "checkout", "-q", "topic")
    (scene.repo / "topic.txt").write_text("more\n")


def _other_run(scene: Scene) -> None:
    git(scene.repo, "update-ref", "refs/safe-merge/lock", "HEAD")


def _refusing(scene: Scene) -> None:
    scene.hook("pre-receive", "echo not today >&2; exit 1")


@pytest.mark.parametrize(
    ("arrange", "variables", "step", "told"),
    [
        (_conflict, {}, "conflicts", "topic.txt"),
        (_ahead, {}, "conflicts", "write mine.txt"),
        (_uncommitted, {}, "preflight", "not committed"),
        (None, {"TEST": "echo 1 failed >&2; exit 3"}, "test", "1 failed"),
        (None, {"LINT": "echo badly written >&2; false"}, "lint", "badly written"),
        (None, {"REMOTE": "/nowhere/at/all"}, "preflight", "cannot be reached"),
        (None, {"TARGET": "master"}, "preflight", "no branch master"),
        (None, {"BRANCH": "gone"}, "fetch", "gone"),
        (None, {"BRANCH": "main"}, "preflight", "two branches"),
        (_refusing, {}, "push", "not today"),
    ],
)
async def test_what_cannot_be_merged_leaves_everything_as_it_was(
    bench: Bench,
    arrange: Callable[[Scene], None] | None,
    variables: dict[str, str],
    step: str,
    told: str,
) -> None:
    scene = bench.scene
    if arrange is not None:
        arrange(scene)
    before, main = scene.before(), scene.tip("refs/heads/main")
    plan = _hurried(bench.home.parent)
    merged = await bench.merge(plan=plan, **variables)
    assert (merged.run.status, merged.failed) == ("failed", [step])
    assert (scene.remote_main(), scene.tip("refs/heads/main")) == (before.remote, main)
    assert (scene.lost(before), scene.left()) == ([], [])
    assert told in await bench.said(merged.run, step, stream="stderr")
    if STEPS.index(step) > STEPS.index("backup"):
        assert scene.backup(merged.run.run_id) == main


async def test_a_test_that_hangs_is_ended(bench: Bench, tmp_path: Path) -> None:
    scene = bench.scene
    before = scene.before()
    plan = _hurried(tmp_path, test={"timeout_sec": 0.5})
    merged = await bench.merge(plan=plan, TEST="trap '' TERM; while :; do sleep 9; done")
    assert (merged.run.status, merged.failed) == ("failed", ["test"])
    assert (scene.remote_main(), scene.lost(before), scene.left()) == (before.remote, [], [])


async def test_a_remote_that_moves_meanwhile_is_not_overwritten(bench: Bench) -> None:
    scene = bench.scene
    before = scene.before()
    theirs: list[str] = []

    def advance(event: PlanEvent) -> None:
        if (event.kind, event.step) == ("step_ended", "test"):
            theirs.append(scene.advance("theirs.txt", "theirs\n"))

    merged = await bench.merge(on_event=advance)
    assert (merged.run.status, merged.failed) == ("failed", ["push"])
    assert [scene.remote_main()] == theirs
    assert scene.tip("refs/heads/main") == before.remote
    assert (scene.lost(before), scene.left()) == ([], [])


async def test_a_remote_that_was_rewound_meanwhile_is_not_pushed_to(bench: Bench) -> None:
    scene = bench.scene
    older = scene.remote_main()
    scene.advance("theirs.txt", "theirs\n")

    def rewind(event: PlanEvent) -> None:
        if (event.kind, event.step) == ("step_ended", "test"):
            git(scene.remote, "update-ref", "refs/heads/main", older)

    merged = await bench.merge(on_event=rewind)
    assert (merged.failed, scene.remote_main()) == (["push"], older)


async def test_the_lock_of_another_run_stays(bench: Bench) -> None:
    scene = bench.scene
    _other_run(scene)
    before = scene.before()
    merged = await bench.merge()
    assert (merged.run.status, merged.failed) == ("failed", ["lock"])
    assert scene.left() == ["refs/safe-merge/lock"]
    assert (scene.remote_main(), scene.lost(before)) == (before.remote, [])
    assert scene.backup(merged.run.run_id) == ""


async def test_a_run_that_failed_has_given_its_lock_back_and_pushes_no_more(
    bench: Bench, tmp_path: Path
) -> None:
    scene = bench.scene
    before = scene.before()
    flag = tmp_path / "flag"
    merged = await bench.merge(TEST=f"test -e {flag}")
    flag.touch()
    async with bench.plans() as plans:
        again = await plans.aresume(merged.run.run_id)
    assert (merged.run.status, again.status) == ("failed", "failed")
    assert (scene.remote_main(), scene.lost(before), scene.left()) == (before.remote, [], [])


async def test_a_dirty_checkout_stays_and_is_backed_up(bench: Bench) -> None:
    scene = bench.scene
    git(scene.repo, "checkout", "-q", "main")
    (scene.repo / "README.md").write_text("read me\n")
    git(scene.repo, "add", "README.md")
    git(scene.repo, "commit", "-qm", "read me")
    git(scene.repo, "push", "-q", "origin", "main")
    git(scene.repo, "branch", "-qD", "mine")
    make_dirty(scene.repo)
    before = scene.before()
    merged = await bench.merge()
    assert (merged.run.status, scene.lost(before), scene.left()) == ("succeeded", [], [])
    changes = f"refs/rollback/{merged.run.run_id}/changes"
    kept = git(scene.repo, "diff", "--name-only", "HEAD", changes).split()
    assert kept == ["README.md", "staged.txt"]


async def test_a_target_that_is_checked_out_stays(bench: Bench) -> None:
    scene = bench.scene
    git(scene.repo, "checkout", "-q", "main")
    before = scene.before()
    merged = await bench.merge()
    assert (merged.run.status, scene.remote_main()) == ("succeeded", scene.tip("refs/heads/topic"))
    assert scene.tip("refs/heads/main") == before.remote
    assert (scene.lost(before), scene.left()) == ([], [])
    assert "merge --ff-only" in await bench.said(merged.run, "local")


async def test_a_target_that_went_on_here_stays(bench: Bench) -> None:
    scene = bench.scene
    mine: list[str] = []

    def write(event: PlanEvent) -> None:
        if (event.kind, event.step) == ("step_ended", "verify"):
            tree = git(scene.repo, "rev-parse", "main^{tree}").strip()
            mine.append(git(scene.repo, "commit-tree", tree, "-p", "main", "-m", "mine").strip())
            git(scene.repo, "update-ref", "refs/heads/main", mine[0])

    merged = await bench.merge(on_event=write)
    assert (merged.run.status, merged.failed) == ("succeeded", ["local"])
    assert [scene.tip("refs/heads/main")] == mine
    assert scene.remote_main() == scene.tip("refs/heads/topic")


def _hurried(folder: Path, **changes: dict[str, Any]) -> Path:
    """The plan without delays between attempts and with little grace, and with these changes."""
    plan = json.loads(SAFE_MERGE.read_text())
    plan["globals"]["critical_grace_period_sec"] = 0.1
    for step in plan["steps"]:
        step.pop("retry_delay_sec", None)
        step.update(changes.get(step["id"], {}))
    path = folder / "safe_merge.json"
    path.write_text(json.dumps(plan))
    return path


def test_it_is_built_in(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWRIGHT_HOME", str(bench.home))
    monkeypatch.chdir(bench.scene.repo)
    given = ["plan", "run", "safe_merge", "--var", "BRANCH=topic", "--var", "TEST=true"]
    monkeypatch.setattr("sys.argv", ["gatewright", *given])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code in (None, 0)
    assert bench.scene.remote_main() == bench.scene.tip("refs/heads/topic")
