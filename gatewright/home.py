"""A home folder: what its tasks have come to, and what they took."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gatewright.domain.entry import Entry
from gatewright.domain.errors import InputError
from gatewright.domain.result import TaskResult
from gatewright.domain.task import Site
from gatewright.names import check_names
from gatewright.settings import Settings, load_settings
from gatewright.sidecars import close_sidecar, open_sidecar
from gatewright.store import Store, entry_of, open_ledger, open_store
from gatewright.tasks.answering import expire
from gatewright.tasks.results import read_result
from gatewright.tasks.running import compiled
from gatewright.telemetry.query import run_sql
from gatewright.telemetry.report import TaskReport, report
from gatewright.telemetry.segments import export
from gatewright.waiting import wait


class Home:
    """Everything of a home but running its tasks; `gatewright.app.Gatewright` does that as well."""

    def __init__(self, settings: Settings | None = None, **flags: Any) -> None:
        """`flags` are settings by name, before environment and file.

        Raises: InputError for a bad setting; NameCollision.
        """
        check_names()
        self.settings = settings or load_settings(**flags)
        self._sidecar = open_sidecar(self.settings, user=self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write out what the sidecar holds; closed unless others use it. Safe to call twice."""
        close_sidecar(self._sidecar, user=self)

    def state(self, task_id: str) -> TaskResult:
        """Where a task stands. Raises: InputError for an unknown task."""
        return wait(self.astate(task_id))

    async def astate(self, task_id: str) -> TaskResult:
        """See `state`."""
        entry = await self._entry(task_id)
        async with open_store(self.settings) as store:
            return await self._result(store, entry)

    def tasks(self) -> Sequence[Entry]:
        """Every task, newest first, in the state in which it was last seen."""
        return wait(self.atasks())

    async def atasks(self) -> Sequence[Entry]:
        """See `tasks`."""
        async with open_ledger(self.settings) as ledger:
            return await ledger.entries()

    def expire_reviews(self) -> tuple[str, ...]:
        """Reject what nobody answered within `review.timeout_hours`, where `review.on_timeout` says
        so; the tasks of which it is kept. It is applied when they are next run (`resume_all`).
        """
        return wait(self.aexpire_reviews())

    async def aexpire_reviews(self) -> tuple[str, ...]:
        """See `expire_reviews`."""
        review = self.settings.review
        if review.timeout_hours is None or review.on_timeout == "wait":
            return ()
        after = timedelta(hours=review.timeout_hours)
        async with open_store(self.settings) as store:
            waiting = await store.ledger.entries({"awaiting_human"})
            return tuple([one.task.id for one in waiting if await expire(store, one, after=after)])

    def diff(self, task_id: str) -> str:
        """The unified diff from the base to what the task has come to; empty before any change."""
        return wait(self.adiff(task_id))

    async def adiff(self, task_id: str) -> str:
        """See `diff`."""
        return await self._with_commit(task_id, _diff)

    def deliver(self, task_id: str, branch: str) -> str:
        """Make another branch at a finished task's commit; returns the commit.

        Raises: InputError when the task is not done; WorkspaceError when the branch is elsewhere.
        """
        return wait(self.adeliver(task_id, branch))

    async def adeliver(self, task_id: str, branch: str) -> str:
        """See `deliver`."""
        return await self._with_commit(task_id, partial(_deliver, branch=branch))

    def report(self, task_id: str) -> TaskReport:
        """Time, tokens and cost of a task by node, from the sidecar's database."""
        self._sidecar.flush()
        return report(self._telemetry, task_id)

    def query(
        self, sql: str, /, *, limit: int = 100_000, timeout_s: float = 30.0, **values: Any
    ) -> list[dict[str, Any]]:
        """Rows of one query on the sidecar's tables and `v_` views (docs/telemetry.md), read only.

        `values` stand for `$name` in it. Raises: InputError for a query that will not do;
        EnvironmentFault when it takes longer than `timeout_s`.
        """
        self._sidecar.flush()
        found = run_sql(self._telemetry, sql, limit=limit, timeout_s=timeout_s, values=values)
        return found.dicts()

    def export(self, folder: Path | str, *tables: str) -> int:
        """Write the sidecar's tables, or those named, as Parquet files; how many rows.

        Raises: InputError for a name that is no table or view; OSError.
        """
        self._sidecar.flush()
        return export(self._telemetry, Path(folder), tables=tables or None)

    @property
    def _telemetry(self) -> Path:
        return self.settings.home / "telemetry"

    # Below the API

    async def _result(self, store: Store, entry: Entry) -> TaskResult:
        log = self.settings.home / "runs" / f"{entry.task.id}.md"
        return await read_result(compiled(store), entry, log=log)

    async def _entry(self, task_id: str) -> Entry:
        async with open_ledger(self.settings) as ledger:
            return await entry_of(ledger, task_id)

    async def _with_commit(
        self, task_id: str, use: Callable[[Store, Entry, TaskResult], Coroutine[Any, Any, str]]
    ) -> str:
        entry = await self._entry(task_id)
        async with open_store(self.settings) as store:
            return await use(store, entry, await self._result(store, entry))


async def _diff(store: Store, entry: Entry, result: TaskResult) -> str:
    commit = result.question.commit if result.question else result.commit
    if commit is None:
        return ""
    return await store.workspace.diff(_site(entry), commit)


async def _deliver(store: Store, entry: Entry, result: TaskResult, *, branch: str) -> str:
    if result.state != "done" or result.commit is None:
        raise InputError(
            "task", entry.task.id, f"is {result.state}, not done", "Deliver it when it is done."
        )
    await store.workspace.deliver(_site(entry), result.commit, branch)
    return result.commit


def _site(entry: Entry) -> Site:
    return Site(task_id=entry.task.id, repo=entry.task.repo, base_commit=entry.base_commit)
