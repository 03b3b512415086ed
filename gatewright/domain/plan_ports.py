"""The doors of the plan engine: processes, the run store, locks."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from gatewright.domain.plan_run import PlanEvent, PlanRun, StepAttempt, StepResult, StepStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class Spawn:
    """A process to be started, in a process group of its own."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    """Added to the launcher's own environment, or in place of what is there."""
    cwd: str
    stdout: Path
    """Its folder exists. Afterwards it is there if anything was written. Never a pipe: a survivor
    could hold it open."""
    stderr: Path
    token: str
    """Put into its environment as `GATEWRIGHT_PLAN_TOKEN`: what is left of it is known by that."""
    timeout_s: float | None
    grace_s: float
    """Between SIGTERM and SIGKILL, at a timeout and when it is cancelled."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exit:
    """How it ended; nothing of its tree is alive."""

    exit_code: int | None
    signal: int | None = None
    timed_out: bool = False
    error: str = ""
    """Why it could not be started, or was lost; then there is neither code nor signal."""
    survivors: int = 0
    """Processes that it left behind and that were killed."""
    duration_s: float = 0.0
    cpu_s: float | None = None
    max_rss_bytes: int | None = None


class Launcher(Protocol):
    """Starts processes and sees them to their end, with all that they start."""

    async def run(self, spawn: Spawn) -> Exit:
        """Until it has ended by itself or by its timeout.

        Cancelled: SIGTERM to its group, SIGKILL to its whole tree after the grace; the
        CancelledError is raised when nothing of it is alive any more.
        """
        ...


class PlanStore(Protocol):
    """What is known of runs of plans: durable against kill -9 when a method returns."""

    async def begin(self, run: PlanRun) -> None:
        """Keep a new run. Raises: InputError when the id is taken."""
        ...

    async def claim(self, run_id: str) -> None:
        """This process runs it from now on.

        Raises: ThreadBusy when a process that is alive does; InputError for an unknown run.
        """
        ...

    async def record(self, events: Sequence[PlanEvent]) -> None:
        """In one transaction: attempts, steps and the run as the events leave them. Afterwards, in
        the same order, the run's JSONL file."""
        ...

    async def run(self, run_id: str) -> PlanRun:
        """Raises: InputError for an unknown run."""
        ...

    async def results(self, run_id: str) -> Mapping[str, StepResult]:
        """The steps that are over."""
        ...

    async def attempts(self, run_id: str) -> Sequence[StepAttempt]:
        """All of them, in the order in which they were started."""
        ...

    async def unchanged_key(self, plan_id: str, step: str, folder: str) -> str | None:
        """The key of the last run of this step that succeeded, of any run of this plan there."""
        ...

    async def stop_asked(self, run_id: str) -> str | None:
        """The reason, perhaps empty, for which somebody wants it cancelled; cheap."""
        ...


class Merging(Protocol):
    """Merges a branch into another one on a remote so that nothing can be lost."""

    async def merge(self, repo: Path, *, branch: str, target: str, name: str) -> str:
        """Until it is merged, tested and pushed; one line on what became of it.

        `name` is who wants it: an interrupted merge of that name goes on, and one that was done is
        found done. The checkout is not written.
        Raises: EnvironmentFault when it is not merged, with what was in the way.
        """
        ...


class Locks(Protocol):
    """Named locks over all processes of a home, granted in the order in which they were asked."""

    def hold(self, names: Sequence[str]) -> AbstractAsyncContextManager[None]:
        """All of them, taken in the order of their names; released on every path. The lock of a
        process that is dead is free."""
        ...


class Part(NamedTuple):
    """A piece of work within this process, and what must be done before it."""

    id: str
    depends_on: tuple[str, ...] = ()


class Pipeline(Protocol):
    """Walks over a graph of parts as the plan engine walks over the steps of a plan."""

    async def __call__(
        self,
        parts: Sequence[Part],
        perform: Callable[[str], Awaitable[bool]],
        *,
        keep_going: bool,
    ) -> Mapping[str, StepStatus]:
        """Perform every part once what it depends on is done; `perform` says whether it is good.

        What depends on a part that is not good is skipped, unless `keep_going`. Parts that are
        ready run side by side. What `perform` raises is raised, once all others have ended.
        """
        ...
