"""Take away, of each task, what its age no longer justifies; see `housekeeping`."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from gatewright.domain.entry import Entry
from gatewright.domain.errors import InputError, ThreadBusy
from gatewright.domain.task import Site, TaskState
from gatewright.settings import Settings
from gatewright.storage import pruning
from gatewright.storage.locks import hold_task
from gatewright.store import Store
from gatewright.tasks.running import compiled, config, state_of
from gatewright.upkeep.disk_use import used
from gatewright.upkeep.freed import Tally
from gatewright.workspace.private_refs import PrivateRef, PrivateRefs
from graph.state import RunState

OVER: frozenset[TaskState] = frozenset({"done", "failed", "cancelled"})
_READ_IN_HISTORY = frozenset({"outcome", "plan_review", "attempts"})
"""What `graph.standing.task_state` asks of a checkpoint that is not the last."""

Duty = Callable[[], Awaitable[None]]


def history_drops() -> frozenset[str]:
    """The state's fields that nobody asks of a checkpoint once it is not the last one.

    Those without a default stay: the state could not be made without them.
    """
    optional = (
        one.name
        for one in fields(RunState)
        if one.default is not MISSING or one.default_factory is not MISSING
    )
    return frozenset(optional) - _READ_IN_HISTORY


async def thin(home: Path, store: Store, task_id: str, *, dry_run: bool = False) -> pruning.Cut:
    """Leave in a task's earlier checkpoints only what its history says; its lock is held.

    Nothing that can be asked of the task changes. Raises: sqlite3.Error.
    """
    return await asyncio.to_thread(
        pruning.thin,
        home / "checkpoints.sqlite",
        task_id,
        drop=history_drops(),
        serde=store.saver.serde,
        dry_run=dry_run,
    )


@dataclass(frozen=True, kw_only=True)
class _Holding:
    """What there is of each task when housekeeping begins."""

    checkpoints: dict[str, int]
    answers: dict[str, pruning.Cut]
    worktrees: frozenset[str]
    logs: frozenset[str]


class Retiring:
    """Goes through the tasks of a home."""

    def __init__(
        self, settings: Settings, store: Store, tally: Tally, *, now: datetime, dry_run: bool
    ) -> None:
        self._home = settings.home
        self._checkpoints = settings.home / "checkpoints.sqlite"
        self._state = settings.home / "state.sqlite"
        self._keep = settings.retention
        self._store = store
        self._tally = tally
        self._now = now
        self._dry_run = dry_run
        self._repositories: dict[Path, _Repository | None] = {}

    async def all(self, entries: Sequence[Entry]) -> None:
        """Every task in turn; what goes wrong with one is noted, and the next one is seen to."""
        holding = await asyncio.to_thread(self._look)
        for entry in entries:
            with self._tally.trying(f"task {entry.task.id!r} stays as it is"):
                await self._one(entry, holding)

    async def _one(self, entry: Entry, holding: _Holding) -> None:
        duties = await self._duties(entry, holding)
        if not duties:
            return
        try:
            async with hold_task(self._home / "locks", entry.task.id):
                if await self._store.ledger.find(entry.task.id) != entry:
                    self._tally.keep(entry.task.id, "it has gone on meanwhile")
                    return
                for what, duty in duties.items():
                    with self._tally.trying(f"{what} of task {entry.task.id!r} stay"):
                        await duty()
        except ThreadBusy as busy:
            self._tally.keep(entry.task.id, str(busy))

    async def _duties(self, entry: Entry, holding: _Holding) -> dict[str, Duty]:
        """What is to be done, by what it is about; files first."""
        task_id = entry.task.id
        duties: dict[str, Duty] = {}
        earlier = holding.checkpoints.get(task_id, 0) > 1
        if entry.state not in OVER:
            return {"checkpoints": partial(self._thin, task_id)} if earlier else {}
        age = self._now - datetime.fromisoformat(entry.seen_at or entry.accepted_at)
        aged = age >= timedelta(days=self._keep.history_days)
        if task_id in holding.worktrees and age >= timedelta(days=self._keep.worktree_days):
            duties["worktree"] = partial(self._close, entry)
        if task_id in holding.logs and age >= timedelta(days=self._keep.log_days):
            duties["log"] = partial(self._forget_log, task_id)
        if age >= timedelta(days=self._keep.refs_days) and await self._refs(entry):
            duties["refs"] = partial(self._forget_refs, entry, age)
        if earlier:
            duties["checkpoints"] = partial(self._keep_last if aged else self._thin, task_id)
        if aged and task_id in holding.answers:
            duties["answers"] = partial(self._forget_answers, task_id, holding.answers[task_id])
        return duties

    def _look(self) -> _Holding:
        worktrees = self._home / "worktrees"
        records = _names(worktrees / ".records", ".json")
        return _Holding(
            checkpoints=pruning.threads(self._checkpoints),
            answers=pruning.answered(self._state),
            worktrees=frozenset({*_names(worktrees, ""), *records}),
            logs=frozenset(_names(self._home / "runs", ".md")),
        )

    # What is done to one task, its lock being held

    async def _thin(self, task_id: str) -> None:
        cut = await thin(self._home, self._store, task_id, dry_run=self._dry_run)
        self._tally.add("checkpoints", *cut)

    async def _keep_last(self, task_id: str) -> None:
        cut = await asyncio.to_thread(
            pruning.keep_last, self._checkpoints, task_id, dry_run=self._dry_run
        )
        self._tally.add("checkpoints", *cut)

    async def _close(self, entry: Entry) -> None:
        size = await asyncio.to_thread(used, self._home / "worktrees" / entry.task.id)
        if not self._dry_run:
            await self._store.workspace.close(_site(entry))
        self._tally.add("worktrees", 1, size)

    async def _forget_log(self, task_id: str) -> None:
        log = self._home / "runs" / f"{task_id}.md"
        size = await asyncio.to_thread(used, log)
        if not self._dry_run:
            await asyncio.to_thread(partial(log.unlink, missing_ok=True))
        self._tally.add("logs", 1, size)

    async def _forget_refs(self, entry: Entry, age: timedelta) -> None:
        repository = await self._repository(entry.task.repo)
        if repository is None:
            return
        refs = repository.of_task[entry.task.id]
        longest = self._keep.unmerged_days
        if longest is None or age < timedelta(days=longest):
            commits = await self._work(entry, refs)
            if await repository.refs.unmerged(commits):
                self._tally.keep(entry.task.id, _unmerged(longest))
                return
        if not self._dry_run:
            await repository.refs.remove(refs)
        self._tally.add("refs", len(refs))

    async def _forget_answers(self, task_id: str, cut: pruning.Cut) -> None:
        if not self._dry_run:
            await asyncio.to_thread(pruning.forget_answers, self._state, task_id)
        self._tally.add("answers", *cut)

    # What is asked for it

    async def _work(self, entry: Entry, refs: Sequence[PrivateRef]) -> list[str]:
        """The commits that hold what the task made: of one that is done, what it delivered; of
        any other, nobody has said which of its attempts are of use."""
        thread = await compiled(self._store).aget_state(config(entry.task.id))
        state = state_of(thread.values)
        if entry.state == "done" and state is not None and state.head:
            return [state.head]
        return [ref.oid for ref in refs]

    async def _refs(self, entry: Entry) -> Sequence[PrivateRef]:
        repository = await self._repository(entry.task.repo)
        return repository.of_task.get(entry.task.id, ()) if repository is not None else ()

    async def _repository(self, repo: Path) -> "_Repository | None":
        """None: it is gone, and its refs with it."""
        if repo not in self._repositories:
            scratch = self._home / "scratch" / "git"
            await asyncio.to_thread(scratch.mkdir, mode=0o700, parents=True, exist_ok=True)
            try:
                refs = await PrivateRefs.of(repo, cwd=scratch)
            except InputError:
                self._repositories[repo] = None
            else:
                self._repositories[repo] = _Repository(refs, await refs.by_task())
        return self._repositories[repo]


class _Repository(NamedTuple):
    """A repository, and the private refs that it had."""

    refs: PrivateRefs
    of_task: Mapping[str, Sequence[PrivateRef]]


def _names(folder: Path, suffix: str) -> list[str]:
    """Of what is in a folder, by this suffix, without it."""
    try:
        found = os.listdir(folder)  # noqa: PTH208 - names are what is wanted
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [name.removesuffix(suffix) for name in found if name.endswith(suffix)]


def _unmerged(days: float | None) -> str:
    after = "they stay" if days is None else f"they stay for {days:g} days"
    return (
        f"its private commits are on no branch: {after} (retention.unmerged_days), or until "
        "`gatewright clean --force`"
    )


def _site(entry: Entry) -> Site:
    return Site(task_id=entry.task.id, repo=entry.task.repo, base_commit=entry.base_commit)
