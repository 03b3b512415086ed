"""Running with a person watching: live progress, and Ctrl-C that leaves things resumable."""

import asyncio
import signal
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from langgraph.runtime import RunControl
from rich.console import Console
from rich.markup import escape
from rich.status import Status

from gatewright.app import Gatewright
from gatewright.domain.entry import Entry
from gatewright.domain.errors import GatewrightError, InputError, ThreadBusy
from gatewright.domain.events import Event, describe, spend
from gatewright.domain.plain import plain
from gatewright.domain.result import TaskResult
from gatewright.tasks.jobs import Ended, run_each, urgent_first

_STYLES = {
    "state_changed": "bold cyan",
    "interrupted": "bold yellow",
    "edit_refused": "yellow",
    "delivered": "bold green",
}
_LIVE = ("engine_progress", "node_started", "node_ended")
"""Shown in the moving line only."""


class Watch:
    """Runs tasks and prints what happens."""

    def __init__(self, *, as_json: bool, unsafe_no_sandbox: bool, **flags: Any) -> None:
        self.console = Console(stderr=as_json, highlight=False)
        if unsafe_no_sandbox:
            flags["unsafe_no_sandbox"] = True
            self.console.print("[bold red]The sandbox is off: untrusted code runs unconfined.[/]")
        self.gatewright = Gatewright(**flags)
        self.control = RunControl()
        """Of every run of this watch: drained at the first signal."""
        self._running: set[asyncio.Future[TaskResult]] = set()
        self._many = False
        self._status = Status("", console=self.console)
        self._spend = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status.stop()
        self.gatewright.close()

    @property
    def stopped(self) -> bool:
        """Whether a signal has come."""
        return self.control.drain_requested

    async def run_all(self, tasks: Sequence[dict[str, Any]]) -> list[TaskResult]:
        """Check every task, then run one after the other until a signal stops it.

        Raises: what ended the first one that was ended by an error.
        """
        ended = await self.run_each(tasks, jobs=1)
        for one in ended:
            if one.error is not None:
                raise one.error
        return [one.result for one in ended if one.result is not None]

    async def run_each(self, tasks: Sequence[dict[str, Any]], *, jobs: int) -> tuple[Ended, ...]:
        """Check every task, then run so many at a time, the most urgent first, until a signal
        stops it. What ends one ends no other."""
        entries = [await self.gatewright.aaccept(task) for task in tasks]
        return await self._each(urgent_first(entries), jobs=jobs)

    async def resume_all(self, *, jobs: int) -> tuple[Ended, ...]:
        """See `Gatewright.resume_all`; what another process runs is left to it."""
        entries = await self.gatewright.aresumable()
        ended = await self._each(entries, jobs=jobs)
        for one in ended:
            if isinstance(one.error, ThreadBusy):
                self.console.print(f"{one.task_id}: left to {one.error.owner}")
        return tuple(one for one in ended if not isinstance(one.error, ThreadBusy))

    async def resume(self, task_id: str, answer: dict[str, Any] | None) -> TaskResult:
        """See `Gatewright.resume`; `answer` holds its arguments."""
        with self._signals():
            return await self._watched(
                task_id,
                self.gatewright.aresume(
                    task_id, **(answer or {}), on_event=self.show, control=self.control
                ),
            )

    async def _each(self, entries: Sequence[Entry], *, jobs: int) -> tuple[Ended, ...]:
        self._many = jobs > 1 and len(entries) > 1
        with self._signals():
            ended = await run_each(entries, self._run, jobs=jobs, stopped=lambda: self.stopped)
        left = len(entries) - len(ended)
        if left:
            self.console.print(f"{left} more not begun; the same command goes on with them.")
        return ended

    async def _run(self, entry: Entry) -> TaskResult:
        goal = escape(plain(entry.task.goal.splitlines()[0]))
        self.console.print(f"[bold]{entry.task.id}[/]  {goal}", soft_wrap=True)
        return await self._watched(
            entry.task.id,
            self.gatewright.arun_entry(entry, on_event=self.show, control=self.control),
        )

    async def _watched(self, task_id: str, work: Coroutine[Any, Any, TaskResult]) -> TaskResult:
        running = asyncio.ensure_future(work)
        self._running.add(running)
        try:
            return await running
        except asyncio.CancelledError:
            if not self.stopped:
                raise
            return await self.gatewright.astate(task_id)
        except GatewrightError as error:
            if not isinstance(error, InputError | ThreadBusy):
                self.console.print(f"  stopped; go on with: gatewright resume {task_id}")
            raise
        finally:
            self._running.discard(running)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Ctrl-C and SIGTERM: the first lets every run come to a safe point, a second one ends
        them at once."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._signalled)
        self._status.start()
        try:
            yield
        finally:
            self._status.stop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def _signalled(self) -> None:
        if self.stopped:
            for running in self._running:
                running.cancel()
            return
        self.control.request_drain("signal")
        self.console.print("[yellow]Stopping at the next safe point; once more to stop at once.[/]")

    def show(self, event: Event) -> None:
        """One event: a line that stays, or the moving one."""
        if spend(event):
            self._spend = f"  [dim]{spend(event)}[/]"
        named = f"{event.task_id}  " if self._many else ""
        line = escape(named + describe(event))
        if event.kind in _LIVE:
            self._status.update(line[:200] + self._spend)
            return
        style = _STYLES.get(event.kind, "")
        self.console.print(f"  [{style}]{line}[/]" if style else f"  {line}", soft_wrap=True)
