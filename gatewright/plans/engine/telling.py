"""What a run tells: the events of each turn, stored before they are passed on."""

import secrets
import time
from collections.abc import Awaitable, Callable, Sequence

from gatewright.domain.plan_ports import PlanStore
from gatewright.domain.plan_run import PlanEvent, StepResult
from gatewright.plans.engine.attempt import Attempts
from gatewright.plans.engine.events import Events, why_not
from gatewright.plans.engine.selection import Selection
from gatewright.plans.scheduling.loop import Again, Turn
from gatewright.plans.scheduling.schedule import Schedule

OnEvent = Callable[[PlanEvent], None]


class Teller:
    """Keeps the numbers of the attempts and the results as they were told."""

    def __init__(
        self,
        *,
        run_id: str,
        selection: Selection,
        schedule: Schedule,
        attempts: Attempts,
        events: Events,
        first: PlanEvent,
        store: PlanStore | None,
        on_event: OnEvent | None,
    ) -> None:
        self.results: dict[str, StepResult] = dict(selection.before)
        """As told: with reasons, with secrets."""
        self.keys: dict[str, str] = {}
        """Of steps with inputs, until their ends are told."""
        self.cancel_reason: str | None = None
        """Why a person stops the run; None: nobody does."""
        self._nodes = {node.id: node for node in selection.nodes}
        self._schedule = schedule
        self._attempts = attempts
        self._events = events
        self._store = store
        self._on_event = on_event
        # What a process of this run carries must not be told from the run's id alone.
        self._token = f"{run_id}.{secrets.token_hex(8)}"
        self._stopped: str | None = None
        self._blamed: str | None = None
        self._first = [first]
        for step in self._nodes:
            if step in selection.left_out:
                self._first.append(self._came(step, self.results[step]))
            elif step in self.results:
                self._blame(step, self.results[step])

    @property
    def reason(self) -> str:
        """Of the run: why it is not a success."""
        return self.cancel_reason or self._blamed or ""

    def tell(self, turn: Turn) -> Awaitable[None] | None:
        """Everything of a turn in one record, and then to whoever listens."""
        if self._store is not None:
            return self._keep(self._store, self._events_of(turn))
        self._pass_on(self._events_of(turn))
        return None

    async def _keep(self, store: PlanStore, events: Sequence[PlanEvent]) -> None:
        await store.record(events)
        self._pass_on(events)

    def _pass_on(self, events: Sequence[PlanEvent]) -> None:
        if self._on_event is not None:
            for event in events:
                self._on_event(event)

    def _events_of(self, turn: Turn) -> Sequence[PlanEvent]:
        events, self._first = self._first, []
        if self.cancel_reason is not None and self._stopped != self.cancel_reason:
            # Also after an abort: from now on the run ends as cancelled.
            events.append(self._stopping(self.cancel_reason))
        for step, outcome in turn.news:
            events.append(self._came(step, outcome))
            if self._stopped is None and self._has_aborted(step, outcome):
                events.append(self._stopping(f"step {step!r} failed"))
        events.extend(map(self._started, turn.starts))
        if self._schedule.over:
            status = self._schedule.status
            events.append(self._events.of_run("run_ended", status=status, reason=self.reason))
        return events

    def _stopping(self, reason: str) -> PlanEvent:
        self._stopped = reason
        return self._events.of_run("run_stopping", reason=reason)

    def _has_aborted(self, step: str, outcome: StepResult | Again) -> bool:
        if isinstance(outcome, Again) or outcome.status != "failed":
            return False
        node = self._nodes[step]
        return node.policy == "abort" and node.critical

    def _started(self, step: str) -> PlanEvent:
        attempts = self._attempts
        number = attempts.number[step] = attempts.number.get(step, 0) + 1
        token = attempts.tokens[step] = f"{self._token}.{step}.{number}"
        attempts.began[step] = time.monotonic()
        return self._events.started(step, attempt=number, token=token, key=self.keys.get(step))

    def _came(self, step: str, outcome: StepResult | Again) -> PlanEvent:
        attempts = self._attempts
        began = attempts.began.pop(step, None)
        if began is not None:
            del attempts.tokens[step]
        key = None
        if not isinstance(outcome, Again):
            key = self.keys.pop(step, None)
            outcome = self.results[step] = self._with_reason(step, outcome)
        return self._events.came(
            step,
            outcome,
            attempt=None if began is None else attempts.number[step],
            ended=attempts.ended.pop(step, None),
            key=key if not isinstance(outcome, Again) and outcome.status == "succeeded" else None,
        )

    def _with_reason(self, step: str, result: StepResult) -> StepResult:
        self._blame(step, result)
        if result.reason or result.status not in ("skipped", "cancelled"):
            return result
        reason = why_not(
            self._nodes[step],
            self.results,
            status=result.status,
            stopped=self._stopped or "it was stopped",
        )
        return StepResult(status=result.status, attempts=result.attempts, reason=reason)

    def _blame(self, step: str, result: StepResult) -> None:
        if result.status == "failed" and self._blamed is None and self._nodes[step].critical:
            self._blamed = f"step {step!r} failed: {result.reason}"
