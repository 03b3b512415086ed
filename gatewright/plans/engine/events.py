"""The events of a run: each state change once, secrets taken out."""

import signal
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from gatewright.domain.plan_ports import Exit
from gatewright.domain.plan_run import PlanEvent, PlanEventKind, StepResult
from gatewright.domain.secret_forms import redact
from gatewright.plans.scheduling.loop import Again
from gatewright.plans.scheduling.nodes import Node


class Events:
    """Makes the events of one run."""

    def __init__(self, run_id: str, mask: Callable[[str], str], *, heard: bool = True) -> None:
        """`heard`: somebody wants them. If not, those of steps are all the run's first one."""
        self._run_id = run_id
        self._mask = mask
        self._unheard = None if heard else self.of_run("run_started")

    def clean(self, text: str) -> str:
        """Without secrets: the values of the run's own, and whatever looks like one."""
        return redact(self._mask(text)).text if text else ""

    def of_run(
        self, kind: PlanEventKind, *, status: str | None = None, reason: str = ""
    ) -> PlanEvent:
        """`run_started` and its like."""
        return PlanEvent(
            kind=kind,
            run_id=self._run_id,
            at=now(),
            status=status,
            reason=self.clean(reason),
        )

    def started(self, step: str, *, attempt: int, token: str, key: str | None) -> PlanEvent:
        """An attempt is about to be started."""
        if self._unheard is not None:
            return self._unheard
        return PlanEvent(
            kind="step_started",
            run_id=self._run_id,
            at=now(),
            step=step,
            attempt=attempt,
            token=token,
            key=key,
        )

    def came(
        self,
        step: str,
        outcome: StepResult | Again,
        *,
        attempt: int | None,
        ended: Exit | None,
        key: str | None,
    ) -> PlanEvent:
        """A step is over, or its attempt failed and another one follows."""
        if self._unheard is not None:
            return self._unheard
        again = isinstance(outcome, Again)
        result = outcome.result if isinstance(outcome, Again) else outcome
        return PlanEvent(
            kind="step_retrying" if again else "step_ended",
            run_id=self._run_id,
            at=now(),
            step=step,
            attempt=attempt,
            status=result.status,
            exit_code=result.exit_code,
            signal=result.signal,
            timed_out=None if attempt is None else result.timed_out,
            duration_s=result.duration_s,
            cpu_s=None if ended is None else ended.cpu_s,
            max_rss_bytes=None if ended is None else ended.max_rss_bytes,
            delay_s=outcome.delay_s if isinstance(outcome, Again) else None,
            unchanged=True if result.unchanged else None,
            captures=self._clean_captures(result.captures),
            key=key,
            reason=self.clean(result.reason),
        )

    def _clean_captures(self, captures: Mapping[str, str]) -> Mapping[str, str] | None:
        if not captures:
            return None
        return {name: self.clean(value) for name, value in captures.items()}


def now() -> str:
    """UTC, ISO 8601, milliseconds."""
    second, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"{_second(second)}.{nanoseconds // 1_000_000:03d}+00:00"


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    """Most events are of the same second as the last one."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def why_not(node: Node, results: Mapping[str, StepResult], *, status: str, stopped: str) -> str:
    """Why a step was never begun."""
    if status == "cancelled":
        return f"not begun: {stopped}"
    if node.when == "success":
        for name in node.depends_on:
            result = results.get(name)
            if result is not None and result.status != "succeeded":
                return f"not run: {name!r} {_was(result)}"
        return "not run: what it depends on did not succeed"
    if node.when == "failure":
        return "not run: nothing before it failed"
    return "not run: its condition does not hold"


def how_it_ended(ended: Exit, *, timeout_s: float | None) -> str:
    """An end that is no success, in words."""
    if ended.error:
        return ended.error
    if ended.timed_out:
        return f"timed out after {timeout_s:g} s" if timeout_s is not None else "timed out"
    if ended.signal is not None:
        return f"killed by {_signal_name(ended.signal)}"
    return f"exit code {ended.exit_code}"


def _was(result: StepResult) -> str:
    return result.status if result.status == "failed" else f"was {result.status}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
