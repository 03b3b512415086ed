"""A finished task that is delivered by the safe-merge plan."""

from pathlib import Path
from typing import Any

import pytest

from gatewright.deliver_setup import delivery_of, merging_of
from gatewright.domain.delivery import Account, Delivered
from gatewright.domain.edit import ChangeSet, WriteFile
from gatewright.domain.errors import EnvironmentFault
from gatewright.orchestration.monitor import OrchestrationMonitor
from gatewright.settings import Settings, load_settings
from gatewright.workspace.worktrees import GitWorkspace
from tests.support.merges import Scene
from tests.support.projects import git

ACCOUNT = Account(task_id="t1", goal="Write it down", base="main")


class Office:
    """A task `t1` whose change passed the gate, and how it is delivered."""

    def __init__(self, folder: Path) -> None:
        self.scene = Scene(folder / "work")
        self.home = folder / "home"
        self._base = self.scene.remote_main()

    def settings(self, **deliver: Any) -> Settings:
        """Deliver by merging, tested by a command that passes unless another one is given."""
        given = {"kind": "merge", "merge_test": "test -f note.txt", **deliver}
        return load_settings(home=self.home, deliver=given)

    async def deliver(self, **settings: Any) -> Delivered:
        """The change, made or found, and delivered."""
        how = self.settings(**settings)
        workspace = GitWorkspace(
            self.home, delivery=delivery_of(how.deliver, merging=merging_of(how))
        )
        site = await workspace.open("t1", self.scene.repo, "main", self._base)
        changes = ChangeSet(edits=(WriteFile(path="note.txt", content="noted\n"),))
        made = await workspace.apply(
            site, site.base_commit, changes, ref="1/1", key="k", message="Write it down"
        )
        try:
            return await workspace.publish(site, made.commit, ACCOUNT)
        finally:
            await workspace.close(site)

    def runs(self) -> list[tuple[str, str]]:
        """Of plans, oldest first, with their ends."""
        with OrchestrationMonitor(self.settings()) as monitor:
            return [(run.run_id, run.status) for run in reversed(monitor.runs())]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


async def test_it_is_merged_and_pushed(office: Office) -> None:
    scene = office.scene
    before = scene.before()
    made = await office.deliver()
    assert (made.kind, made.branch, scene.remote_main()) == ("merge", "gatewright/t1", made.commit)
    short = made.commit[:12]
    assert made.words == f"merged into main on origin at {short}; branch gatewright/t1 at {short}"
    mine = [one for one in scene.lost(before) if "gatewright/t1" not in one]
    assert (mine, scene.left()) == ([], [])


async def test_delivered_again_it_is_found_done(office: Office) -> None:
    first = await office.deliver(merge_commit=True)
    tip = office.scene.remote_main()
    assert await office.deliver(merge_commit=True) == first
    assert (office.scene.remote_main(), office.runs()) == (tip, [("merge-t1", "succeeded")])


async def test_the_merge_commit_has_the_delivery_as_its_author(office: Office) -> None:
    git(office.scene.repo, "config", "--remove-section", "user")
    await office.deliver(merge_commit=True, author_name="A $HOME ${B}", author_email="a@b.c")
    said = git(office.scene.remote, "log", "-1", "--format=%an <%ae> %cn", "main").strip()
    assert said == "A $HOME ${B} <a@b.c> A $HOME ${B}"


async def test_what_does_not_pass_stays_out_and_can_go_on(office: Office) -> None:
    before = office.scene.before()
    with pytest.raises(EnvironmentFault, match="test: never mind"):
        await office.deliver(merge_test="echo never mind >&2; false")
    assert (office.scene.remote_main(), office.scene.left()) == (before.remote, [])
    made = await office.deliver()
    assert office.scene.remote_main() == made.commit
    assert office.runs() == [("merge-t1", "failed"), ("merge-t1-2", "succeeded")]


async def test_the_tests_of_the_merged_tree_are_confined(office: Office, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    await office.deliver(merge_test=f"touch {outside}; test -f note.txt")
    assert not outside.exists()


@pytest.mark.parametrize("hooks", [False, True])
async def test_hooks_run_only_when_that_is_asked_for(office: Office, hooks: bool) -> None:
    hook = office.scene.repo / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\ntouch ran\n")
    hook.chmod(0o755)
    made = await office.deliver(hooks=hooks)
    assert office.scene.remote_main() == made.commit
    assert (office.scene.repo / "ran").exists() is hooks
