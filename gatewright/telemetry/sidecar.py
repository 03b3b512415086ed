"""The sidecar of a process: it notes what every run costs, and no run notices it.

It can fail in any way (a full disk, a broken file, a locked one), and all that happens is that
rows are missing, which it counts. Importing this module imports neither DuckDB nor LangChain.
"""

import sys
import uuid
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.metrics import RunMetrics
from gatewright.domain.outcome import Outcome
from gatewright.telemetry.decisions import decision_row, outcome_row
from gatewright.telemetry.lifetime import register
from gatewright.telemetry.monitoring import Monitoring
from gatewright.telemetry.queue import URGENT, Drafted, Losses, Row, RowQueue, Tuning
from gatewright.telemetry.sampling.faults import Faults
from gatewright.telemetry.sampling.gpu import GpuProbe
from gatewright.telemetry.sampling.host import HostProbe
from gatewright.telemetry.sampling.sampler import Sampler
from gatewright.telemetry.scope import RunScope
from gatewright.telemetry.writer import Prepare, Sink, Writer

_HANDLER = "gatewright.telemetry.handler"


class Sidecar:
    """Gatewright's `Telemetry`; one for a folder and process is enough."""

    def __init__(
        self,
        directory: Path,
        *,
        enabled: bool = True,
        tuning: Tuning | None = None,
        monitoring: Monitoring | None = None,
        prepare: Prepare | None = None,
        sinks: Sequence[Sink] = (),
        retention_days: int = 90,
    ) -> None:
        """Nothing is made, and no thread is started, before the first row.

        `prepare` and `sinks` run in the writer's thread, and what is older than `retention_days`
        is removed there: see `Writer`.
        """
        self._lengthen: Callable[[], None] = _nothing
        """Gives LangChain's callbacks their own way back, once a run has taken it."""
        self.directory = directory
        self.enabled = enabled
        self._tuning = tuning or Tuning()
        self._monitoring = monitoring or Monitoring()
        self._prepare = prepare
        self._sinks = tuple(sinks)
        self._retention_days = retention_days
        self._writer: Writer
        self._reset()
        register(self)

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
        writer = getattr(self, "_writer", None)
        if writer is not None:
            writer.forget()

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
        about = {
            "trace_id": trace_id,
            "task_id": task_id,
            "conversation_id": conversation_id,
            "risk": risk,
            "area": area,
            "priority": priority,
        }
        scope = self._open(about)
        loop = self._enter() if scope is not None else None
        try:
            yield scope
        except BaseException as error:
            self._finish(scope, error)
            raise
        else:
            self._finish(scope, None)
        finally:
            self._leave(loop)

    def record(self, table: str, row: Mapping[str, Any]) -> None:
        """Queue one row; never blocks, never raises.

        What it lacks of `trace_id`, `run_id` and `node` is filled in from the node whose code is
        calling; elsewhere from the only run under way, if there is just one.
        """
        self._record(table, lambda: row)

    def _record(self, table: str, make: Callable[[], Mapping[str, Any]]) -> None:
        if not self.enabled:
            return
        try:
            row, scope = make(), self._scope()
            if scope is None:
                self._put(table, dict(row))
            else:
                scope.put(table, {**_place(scope, table, row), **row})
        except Exception as error:  # noqa: BLE001  a row is not worth a run
            self.losses.error(f"record: {type(error).__name__}")

    def decided(
        self, request: RoutingRequest, decision: Decision, *, task_id: str, node: str
    ) -> None:
        """Queue a decision of the router, as `record` does."""
        self._record(
            "routing_decisions",
            lambda: decision_row(request, decision, task_id=task_id, node=node),
        )

    def judged(self, outcome: Outcome, *, node: str) -> None:
        """Queue what became of a decision, as `record` does."""
        self._record("routing_outcomes", lambda: outcome_row(outcome, node=node))

    def metrics(self) -> RunMetrics | None:
        """The machine during the run whose code is calling, so far; None where nobody looks.

        Elsewhere, of the only run under way, if there is just one. Never blocks, never raises.
        """
        try:
            scope = self._scope() if self.enabled else None
            return None if scope is None else scope.metrics
        except Exception as error:  # noqa: BLE001  nor is a figure
            self._faults.note("metrics", error)
            return None

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Whether everything recorded before this call is in the database now. Blocks."""
        return not self.enabled or self._writer.flush(timeout_s)

    def close(self) -> None:
        """Write out what is left, and let go of the file. Blocks for some seconds at most.

        While runs are under way, which may be another's, it only writes out what there is. Safe to
        call twice; what is recorded afterwards opens the file again, and the sinks.
        """
        if self._runs:
            self.flush(self._tuning.close_s)
            return
        self.stop_looking()
        writer, self._writer = self._writer, self._new_writer()
        writer.close(heir=True)
        for sink in self._sinks:
            close = getattr(sink, "close", None)  # a plain function has nothing to let go of
            if close is not None:
                close()
        self.rouse()

    def rouse(self) -> None:
        """See to it that somebody writes what is queued."""
        if len(self._queue):
            self._writer.wake()

    def stop_looking(self, timeout_s: float = 1.0) -> None:
        """Sample the machine no more, before the next run begins. Blocks so long at most."""
        if self._sampler is not None:
            self._sampler.stop(timeout_s)

    def forget(self) -> None:
        """In a forked child: begin anew; threads, file and rows are the parent's."""
        if self._sampler is not None:
            self._sampler.forget()
        self._reset()

    # One run

    def _open(self, about: Mapping[str, Any]) -> RunScope | None:
        """None when the sidecar is off, or cannot watch this run."""
        if not self.enabled:
            return None
        try:
            from gatewright.telemetry import direct  # noqa: PLC0415  imports LangChain
            from gatewright.telemetry.handler import RunHandler  # noqa: PLC0415  as above

            scope = RunScope(
                self._put_row,
                self.losses,
                about,
                sampler=self._sampler,
                thresholds=self._monitoring.thresholds,
            )
            scope.handler = RunHandler(scope, self.losses)
            direct.enter()
            # At an interpreter's end nothing can be imported any more.
            self._lengthen = direct.leave
        except Exception as error:  # noqa: BLE001  the run goes on without us
            self._faults.note("run", error)
            return None
        self._runs[scope.trace_id] = scope
        return scope

    def _finish(self, scope: RunScope | None, error: BaseException | None) -> None:
        if scope is None:
            return
        try:
            self._lengthen()
            scope.finish(error)
        except Exception as fault:  # noqa: BLE001  the run has ended well or not by itself
            self._faults.note("run", fault)
        finally:
            self._runs.pop(scope.trace_id, None)

    def _enter(self) -> Any:
        """The event loop that is watched from here on, if there is one."""
        try:
            from gatewright.telemetry import stepping  # noqa: PLC0415  imports LangChain

            return stepping.enter()
        except Exception as error:  # noqa: BLE001  nodes' CPU is not known then
            self._faults.note("event loop", error)
            return None

    def _leave(self, loop: Any) -> None:
        if loop is None:
            return
        try:
            from gatewright.telemetry import stepping  # noqa: PLC0415  as above

            stepping.leave(loop)
        except Exception as error:  # noqa: BLE001  as above
            self._faults.note("event loop", error)

    def _put(self, table: str, row: Mapping[str, Any]) -> bool:
        return self._put_row(Row(table, row))

    def _put_row(self, row: Row | Drafted) -> bool:
        queue, writer = self._queue, self._writer
        taken = queue.put(row)
        urgent = row[0] in URGENT
        if urgent or not writer.awake or len(queue) >= writer.batch_rows:
            writer.wake(urgent=urgent)
        if writer is not self._writer:  # closed meanwhile, and may have looked a last time
            self._writer.wake(urgent=urgent)
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
        self._writer = self._new_writer()
        self._faults = Faults(self.losses, who="sidecar")
        self._sampler = self._new_sampler() if self.enabled else None

    def _new_sampler(self) -> Sampler | None:
        looking = self._monitoring
        put = _Put(weakref.ref(self))
        try:
            return Sampler(
                HostProbe(self.directory, Faults(self.losses)),
                GpuProbe() if looking.include_gpu else None,
                interval_s=looking.interval_s,
                put=put,
                losses=self.losses,
            )
        except Exception as error:  # noqa: BLE001  runs go on unwatched
            self._faults.note("start", error)
            return None

    def _new_writer(self) -> Writer:
        return Writer(
            self.directory,
            self._queue,
            self.losses,
            self._tuning,
            prepare=self._prepare,
            sinks=self._sinks,
            retention_days=self._retention_days,
        )


class _Put:
    """Queues what the sampler's thread sees, and keeps nobody's sidecar alive for it."""

    def __init__(self, sidecar: "weakref.ref[Sidecar]") -> None:
        self._sidecar = sidecar

    def __call__(self, table: str, row: Mapping[str, Any]) -> None:
        sidecar = self._sidecar()
        if sidecar is not None:
            sidecar._put(table, row)


def _place(scope: RunScope, table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The node that a row belongs to; a call has an id of its own, and the node is its parent."""
    place = scope.handler.place(row.get("node"))
    if table != "llm_calls":
        return place
    call: dict[str, Any] = {"run_id": uuid.uuid4(), "node": place.get("node")}
    return {**call, "parent_run_id": place.get("run_id")}


def _nothing() -> None:
    """No run was ever open."""
