"""What tasks that are over have left is shown, and removed; nothing that could be missed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gatewright.domain.errors import InputError, ThreadBusy
from gatewright.domain.task import Task, TaskState
from gatewright.settings import Settings, load_settings
from gatewright.storage.locks import task_lock
from gatewright.store import open_store
from gatewright.tasks.running import compiled, config
from gatewright.upkeep.cleaning import Remains, clean, remains
from tests.unit.workspace.git_support import git, head, make_repository, write


class House:
    """One home and one repository, with tasks in whatever state a test needs."""

    def __init__(self, folder: Path) -> None:
        self.settings: Settings = load_settings(home=folder / "home")
        self.repo = make_repository(folder / "shop")
        self.base = head(self.repo)

    async def task(self, task_id: str, state: TaskState) -> str:
        """With a worktree and one attempt, delivered if it is done; returns the attempt."""
        task = Task(id=task_id, goal="Change it", repo=self.repo)
        async with open_store(self.settings) as store:
            await store.ledger.accept(task, self.base)
            site = await store.workspace.open(task_id, self.repo, None, self.base)
            made = await store.workspace.apply(
                site,
                self.base,
                write("a.txt", f"{task_id}\n"),
                ref="1/1",
                key=f"{task_id}-1",
                message="One",
            )
            if state == "done":
                branch = f"gatewright/{task_id}"
                await store.workspace.deliver(site, made.commit, branch)
                start = {"task": task.model_dump(mode="json"), "base_commit": self.base}
                end = {"outcome": "done", "branch": branch, "head": made.commit}
                thread = config(task_id)
                for node, update in (("__start__", start), ("deliver", end)):
                    thread = await compiled(store).aupdate_state(thread, update, as_node=node)
            await store.ledger.note(task_id, state)
        return made.commit

    async def remains(self, **options: Any) -> dict[str, Remains]:
        """By task."""
        return {one.task_id: one for one in await remains(self.settings, **options)}

    def refs(self) -> list[str]:
        """The private ones of the repository."""
        return git(self.repo, "for-each-ref", "--format=%(refname)", "refs/gatewright").split()

    def worktrees(self) -> list[str]:
        """As git has them, but the user's own."""
        listed = git(self.repo, "worktree", "list", "--porcelain").splitlines()
        return [Path(line).name for line in listed if line.startswith("worktree")][1:]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_a_failed_task_has_left_its_worktree_and_its_attempts(house: House) -> None:
    await house.task("t", "failed")
    one = (await house.remains())["t"]
    assert (one.state, one.refs) == ("failed", 1)
    assert one.worktree == str(house.settings.home / "worktrees" / "t")
    assert one.unmerged == "its attempts are in no branch"


async def test_looking_removes_nothing(house: House) -> None:
    await house.task("t", "failed")
    await house.remains()
    assert (house.refs(), house.worktrees()) == (["refs/gatewright/t/1/1"], ["t"])


@pytest.mark.parametrize("state", ["failed", "cancelled", "done"])
async def test_unmerged_work_stays_unless_it_is_forced(house: House, state: TaskState) -> None:
    await house.task("t", state)
    with pytest.raises(InputError, match="--force"):
        await clean(house.settings, "t")
    assert (len(house.refs()), house.worktrees()) == (1, ["t"])


@pytest.mark.parametrize("state", ["failed", "cancelled", "done"])
async def test_by_force_worktree_and_attempts_go(house: House, state: TaskState) -> None:
    await house.task("t", state)
    await clean(house.settings, "t", force=True)
    assert (house.refs(), house.worktrees(), await house.remains()) == ([], [], {})


async def test_a_delivered_branch_stays(house: House) -> None:
    made = await house.task("t", "done")
    await clean(house.settings, "t", force=True)
    assert git(house.repo, "rev-parse", "gatewright/t") == made


async def test_a_branch_that_nobody_merged_is_unmerged_work(house: House) -> None:
    await house.task("t", "done")
    assert (await house.remains())["t"].unmerged == "the branch gatewright/t is not merged"


async def test_work_that_was_merged_goes_without_force(house: House) -> None:
    await house.task("t", "done")
    git(house.repo, "merge", "-q", "gatewright/t")
    gone = await clean(house.settings, "t")
    assert (gone.unmerged, house.refs(), house.worktrees()) == ("", [], [])


async def test_work_that_was_squashed_and_edited_since_goes_without_force(house: House) -> None:
    await house.task("t", "done")
    git(house.repo, "merge", "-q", "--squash", "gatewright/t")
    git(house.repo, "commit", "-q", "-m", "Theirs, in one commit")
    (house.repo / "a.txt").write_text("and on\n")
    git(house.repo, "commit", "-q", "-a", "-m", "Go on")
    assert (await house.remains())["t"].unmerged == ""


async def test_work_that_was_taken_in_part_is_unmerged(house: House) -> None:
    await house.task("t", "done")
    (house.repo / "a.txt").write_text("t, but not quite\n")
    git(house.repo, "commit", "-q", "-a", "-m", "Mine")
    assert (await house.remains())["t"].unmerged == "the branch gatewright/t is not merged"


async def test_an_attempt_that_somebody_took_over_is_merged(house: House) -> None:
    made = await house.task("t", "failed")
    git(house.repo, "branch", "mine", made)
    assert (await house.remains())["t"].unmerged == ""


async def test_a_task_that_is_not_over_is_no_matter_of_cleaning(house: House) -> None:
    await house.task("t", "implementing")
    assert await house.remains() == {}
    with pytest.raises(InputError, match="implementing"):
        await clean(house.settings, "t", force=True)


async def test_a_state_of_tasks_that_are_not_over_is_refused(house: House) -> None:
    with pytest.raises(InputError, match="Cancel them first"):
        await house.remains(states={"planning"})


async def test_a_task_that_somebody_holds_stays(house: House) -> None:
    await house.task("t", "failed")
    with task_lock(house.settings.home / "locks", "t"), pytest.raises(ThreadBusy):
        await clean(house.settings, "t", force=True)
    assert house.worktrees() == ["t"]


async def test_tasks_are_chosen_by_state_and_age(house: House) -> None:
    await house.task("a", "failed")
    await house.task("b", "cancelled")
    tomorrow = datetime.now(UTC) + timedelta(days=1.5)
    assert set(await house.remains(states={"cancelled"})) == {"b"}
    assert set(await house.remains(older=timedelta(days=1))) == set()
    assert set(await house.remains(older=timedelta(days=1), now=tomorrow)) == {"a", "b"}


async def test_of_a_repository_that_is_gone_the_worktree_goes(house: House) -> None:
    await house.task("t", "failed")
    house.repo.rename(house.repo.with_name("moved"))
    one = await clean(house.settings, "t")
    assert (one.refs, one.unmerged) == (0, "")
    assert not (house.settings.home / "worktrees" / "t").exists()


async def test_where_nobody_can_tell_the_work_counts_as_unmerged(house: House) -> None:
    await house.task("t", "failed")
    (house.repo / ".git").rename(house.repo / "git")
    assert (await house.remains())["t"].unmerged.startswith("nobody can tell: ")
