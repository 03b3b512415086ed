"""What tasks that are over have left behind, and its removal: worktrees and private refs.

The ledger's history, the run log, and every branch and patch that was delivered stay.
"""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from gatewright.domain.entry import Entry
from gatewright.domain.errors import EnvironmentFault, InputError, WorkspaceError
from gatewright.domain.findings import Frozen
from gatewright.domain.task import Site, TaskState
from gatewright.settings import Settings
from gatewright.storage.locks import hold_task
from gatewright.store import Store, open_ledger, open_store
from gatewright.tasks.running import compiled, position
from gatewright.upkeep.retiring import OVER
from gatewright.workspace.git import Git
from gatewright.workspace.private_refs import PrivateRef, PrivateRefs
from gatewright.workspace.repository import find_repository
from gatewright.workspace.taking_over import taken_over

_USERS = ("refs/heads", "refs/tags", "refs/remotes")


class Remains(Frozen):
    """What one task that is over has left behind."""

    task_id: str
    goal: str
    repo: str
    state: TaskState
    ended_at: str
    """UTC, ISO 8601."""
    worktree: str | None = None
    """The folder, where it is there."""
    refs: int = 0
    """Commits that are kept for it under `refs/gatewright/` in the repository."""
    unmerged: str = ""
    """Why something could be lost; empty where all of its work is in a branch of the user's, by
    its commit or by its content, or there is none."""


class _Found(NamedTuple):
    remains: Remains
    private: PrivateRefs | None
    refs: list[PrivateRef]


async def remains(
    settings: Settings,
    *,
    states: Collection[TaskState] = OVER,
    older: timedelta | None = None,
    now: datetime | None = None,
) -> tuple[Remains, ...]:
    """What tasks in these states, that ended longer ago than `older`, have left; newest first.

    Raises: InputError for a state of tasks that are not over; EnvironmentFault.
    """
    for state in states:
        if state not in OVER:
            raise InputError(
                "--state", state, "is no state of tasks that are over", "Cancel them first."
            )
    moment = now or datetime.now(UTC)
    async with open_ledger(settings) as ledger:
        entries = [
            entry
            for entry in await ledger.entries(states)
            if older is None or moment - datetime.fromisoformat(entry.seen_at) > older
        ]
    if not entries:
        return ()
    async with open_store(settings) as store:
        found = [(await _look(settings, store, entry)).remains for entry in entries]
    return tuple(one for one in found if one.worktree or one.refs)


async def clean(settings: Settings, task_id: str, *, force: bool = False) -> Remains:
    """Remove what a task has left; returns what it was.

    Raises: InputError where the task is not over (any more), or its work is unmerged and there is
    no `force`; ThreadBusy; WorkspaceError.
    """
    async with hold_task(settings.home / "locks", task_id), open_store(settings) as store:
        entry = await store.ledger.find(task_id)
        if entry is None or entry.state not in OVER:
            state = "not known" if entry is None else entry.state
            raise InputError("task", task_id, f"is {state}, not over", "Cancel it first.")
        found = await _look(settings, store, entry)
        if found.remains.unmerged and not force:
            raise InputError(
                "task", task_id, f"has unmerged work: {found.remains.unmerged}", "Add --force."
            )
        await store.workspace.close(_site(entry))
        if found.private is not None and found.refs:
            await found.private.remove(found.refs)
        return found.remains


async def _look(settings: Settings, store: Store, entry: Entry) -> _Found:
    worktree = settings.home / "worktrees" / entry.task.id
    known = Remains(
        task_id=entry.task.id,
        goal=entry.task.goal,
        repo=str(entry.task.repo),
        state=entry.state,
        ended_at=entry.seen_at,
        worktree=str(worktree) if await asyncio.to_thread(worktree.is_dir) else None,
    )
    if not await asyncio.to_thread(entry.task.repo.exists):
        return _Found(known, None, [])  # gone or moved, with all refs that were in it
    try:
        git = await _git(settings, entry.task.repo)
        private = PrivateRefs(git)
        refs = (await private.by_task()).get(entry.task.id, [])
        unmerged = await _unmerged(store, git, private, entry, refs)
    except (InputError, WorkspaceError, EnvironmentFault) as error:
        return _Found(known.model_copy(update={"unmerged": f"nobody can tell: {error}"}), None, [])
    more = {"refs": len(refs), "unmerged": unmerged}
    return _Found(known.model_copy(update=more), private, refs)


async def _unmerged(
    store: Store, git: Git, private: PrivateRefs, entry: Entry, refs: list[PrivateRef]
) -> str:
    """Of a task that is done only its result counts; of the others every attempt."""
    if not refs:
        return ""
    if entry.state != "done":
        lost = await private.unmerged([ref.oid for ref in refs])
        return "its attempts are in no branch" if lost else ""
    state = (await position(compiled(store), entry.task.id)).state
    if state is None or state.head in ("", state.base_commit):
        return ""
    holders = await _holders(git, state.head)
    if holders - {f"refs/heads/{state.branch}"}:
        return ""
    if await taken_over(git, state.head, base=state.base_commit, branch=state.branch):
        return ""
    return f"the branch {state.branch} is not merged" if holders else "its result is in no branch"


async def _holders(git: Git, commit: str) -> set[str]:
    """The user's refs from which a commit can be reached."""
    listed = await git.run("for-each-ref", "--format=%(refname)", f"--contains={commit}", *_USERS)
    return set(listed.stdout.decode(errors="surrogateescape").splitlines())


async def _git(settings: Settings, repo: Path) -> Git:
    scratch = settings.home / "scratch" / "git"
    await asyncio.to_thread(scratch.mkdir, mode=0o700, parents=True, exist_ok=True)
    return (await find_repository(repo, cwd=scratch)).git


def _site(entry: Entry) -> Site:
    return Site(task_id=entry.task.id, repo=entry.task.repo, base_commit=entry.base_commit)
