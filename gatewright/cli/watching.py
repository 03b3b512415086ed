"""Running with a person watching: live progress, and Ctrl-C that leaves things resumable."""

import asyncio
import signal
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from langgraph.runtime import RunControl
from rich.console import Console
from rich.markup import escape
from rich.status import Status

from gatewright.app import Gatewright
from gatewright.domain.entry import Entry
from gatewright.domain.errors import GatewrightError, InputError
from gatewright.domain.events import Event, describe, spend
from gatewright.domain.plain import plain
from gatewright.domain.result import TaskResult

_STYLES = {
    "state_changed": "bold cyan",
    "interrupted": "bold yellow",
    "edit_refused": "yellow",
    "delivered": "bold green",
}
_LIVE = ("engine_progress", "node_started", "node_ended")
"""Shown in the moving line only."""


class Watch:
    """Runs tasks one after the other and prints what happens."""

    def __init__(self, *, as_json: bool, unsafe_no_sandbox: bool, **flags: Any) -> None:
        self.console = Console(stderr=as_json, highlight=False)
        if unsafe_no_sandbox:
            flags["unsafe_no_sandbox"] = True
            self.console.print("[bold red]The sandbox is off: untrusted code runs unconfined.[/]")
        self.gatewright = Gatewright(**flags)
        self.stopped = False
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

    async def run_all(self, tasks: Sequence[dict[str, Any]]) -> list[TaskResult]:
        """Check every task, then run one after the other until a signal stops it."""
        entries = [await self.gatewright.aaccept(task) for task in tasks]
        results = []
        for entry in entries:
            results.append(await self.run(entry))
            if self.stopped:
                break
        return results

    async def run(self, entry: Entry) -> TaskResult:
        """See `Gatewright.run`."""
        goal = escape(plain(entry.task.goal.splitlines()[0]))
        self.console.print(f"[bold]{entry.task.id}[/]  {goal}", soft_wrap=True)
        return await self._watched(entry.task.id, None)

    async def resume(self, task_id: str, answer: dict[str, Any] | None) -> TaskResult:
        """See `Gatewright.resume`."""
        return await self._watched(task_id, answer)

    async def _watched(self, task_id: str, answer: dict[str, Any] | None) -> TaskResult:
        control = RunControl()
        loop = asyncio.get_running_loop()
        running = asyncio.ensure_future(
            self.gatewright.aresume(task_id, **(answer or {}), on_event=self.show, control=control)
        )

        def interrupted() -> None:
            if control.drain_requested:
                running.cancel()
                return
            control.request_drain("signal")
            self.stopped = True
            self.console.print(
                "[yellow]Stopping at the next safe point; once more to stop at once.[/]"
            )

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, interrupted)
        self._status.start()
        try:
            return await running
        except asyncio.CancelledError:
            self.stopped = True
            return await self.gatewright.astate(task_id)
        except GatewrightError as error:
            if not isinstance(error, InputError):
                self.console.print(f"  stopped; go on with: gatewright resume {task_id}")
            raise
        finally:
            self._status.stop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def show(self, event: Event) -> None:
        """One event: a line that stays, or the moving one."""
        if spend(event):
            self._spend = f"  [dim]{spend(event)}[/]"
        line = escape(describe(event))
        if event.kind in _LIVE:
            self._status.update(line[:200] + self._spend)
            return
        style = _STYLES.get(event.kind, "")
        self.console.print(f"  [{style}]{line}[/]" if style else f"  {line}", soft_wrap=True)
