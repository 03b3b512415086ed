"""The sidecar of a process: it notes what every run costs, and no run notices it.

It can fail in any way (a full disk, a broken file, a locked one), and all that happens is that
rows are missing, which it counts. Importing this module imports neither DuckDB nor LangChain.
"""

import atexit
import os
import sys
import uuid
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gatewright.telemetry.queue import Losses, RowQueue, Tuning
from gatewright.telemetry.scope import RunScope
from gatewright.telemetry.writer import Writer, close_all, forget_all

_HANDLER = "gatewright.telemetry.handler"


class Sidecar:
    """Gatewright's `Telemetry`; one for a folder and process is enough."""

    def __init__(
        self, directory: Path, *, enabled: bool = True, tuning: Tuning | None = None
    ) -> None:
        """Nothing is made, and no thread is started, before the first row."""
        self.directory = directory
        self.enabled = enabled
        self._tuning = tuning or Tuning()
        self._writer: Writer
        self._reset()
        _ALIVE.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self._writer.retire()

    @contextmanager
    def run(
        self,
        *,
        trace_id: str,
        conversation_id: str,
        task_id: str | None = None,
        risk: str | None = None,
        area: str | None = None,
        priority: str | None = None,
    ) -> Iterator[RunScope | None]:
        """One run of a task: give `handler` to its graph. None when the sidecar is off.

        What is not known of the task yet can be told by `RunScope.describe`.
        """
        if not self.enabled:
            yield None
            return
        from gatewright.telemetry.handler import RunHandler  # noqa: PLC0415  imports LangChain

        about = {
            "trace_id": trace_id,
            "task_id": task_id,
            "conversation_id": conversation_id,
            "risk": risk,
            "area": area,
            "priority": priority,
        }
        scope = RunScope(self._put, self.losses, about)
        scope.handler = RunHandler(scope, self.losses)
        self._runs[trace_id] = scope
        try:
            yield scope
        except BaseException as error:
            scope.finish(error)
            raise
        else:
            scope.finish(None)
        finally:
            self._runs.pop(trace_id, None)

    def record(self, table: str, row: Mapping[str, Any]) -> None:
        """Queue one row; never blocks, never raises.

        What it lacks of `trace_id`, `run_id` and `node` is filled in from the node whose code is
        calling; elsewhere from the only run under way, if there is just one.
        """
        if not self.enabled:
            return
        try:
            scope = self._scope()
            if scope is None:
                self._put(table, dict(row))
            else:
                scope.put(table, {**_place(scope, table, row), **row})
        except Exception as error:  # noqa: BLE001  a row is not worth a run
            self.losses.errors[f"record: {type(error).__name__}"] += 1

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Whether everything recorded before this call is in the database now. Blocks."""
        return not self.enabled or self._writer.flush(timeout_s)

    def close(self) -> None:
        """Write out what is left, and let go of the file. Blocks for some seconds at most.

        Safe to call twice; what is recorded afterwards opens the file again.
        """
        writer = self._writer
        self._writer = Writer(self.directory, self._queue, self.losses, self._tuning)
        writer.close()

    def _put(self, table: str, row: Mapping[str, Any]) -> bool:
        taken = self._queue.put(table, row)
        self._writer.wake()
        return taken

    def _scope(self) -> RunScope | None:
        module = sys.modules.get(_HANDLER)
        handler = module.current() if module is not None else None
        if handler is not None:
            return self._runs.get(handler.scope.trace_id)
        runs = list(self._runs.values())
        return runs[0] if len(runs) == 1 else None

    def _reset(self) -> None:
        self.losses = Losses()
        self._runs: dict[str, RunScope] = {}
        self._queue = RowQueue(self._tuning, self.losses)
        self._writer = Writer(self.directory, self._queue, self.losses, self._tuning)


def _place(scope: RunScope, table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The node that a row belongs to; a call has an id of its own, and the node is its parent."""
    place = scope.handler.place(row.get("node"))
    if table != "llm_calls":
        return place
    call: dict[str, Any] = {"run_id": uuid.uuid4(), "node": place.get("node")}
    return {**call, "parent_run_id": place.get("run_id")}


_ALIVE: weakref.WeakSet[Sidecar] = weakref.WeakSet()
_PARENTS: list[Writer] = []


def _after_fork() -> None:
    """The child has no writer thread, and no right to the parent's file or rows.

    The parent's writers are kept for ever, so that nothing of theirs is finalised here.
    """
    _PARENTS.extend(forget_all())
    for sidecar in list(_ALIVE):
        sidecar._reset()


atexit.register(close_all)
os.register_at_fork(after_in_child=_after_fork)
