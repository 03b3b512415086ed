"""One attempt of a step: its command is bound, launched, and what came of it is read."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from posixpath import join, normpath
from typing import Literal

from gatewright.domain.errors import InputError
from gatewright.domain.plan_ports import Exit, Launcher, Spawn
from gatewright.domain.plan_run import PlanRun, StepResult
from gatewright.plans.documents.document import PlanStep
from gatewright.plans.engine.direct import Direct, DirectLauncher
from gatewright.plans.engine.events import how_it_ended
from gatewright.plans.engine.outputs import capture, end_of, last_line, output_path, output_stem
from gatewright.plans.engine.retrying import delay_s
from gatewright.plans.launching.spawning import Order
from gatewright.plans.scheduling.loop import Again
from gatewright.plans.variables.bound import Bound, Call

FILES = "files"
"""The folder in the run's folder that steps may use: `PLAN_RUN_DIR`."""


@dataclass(slots=True)
class Attempts:
    """What is known of the attempts of a run's steps, by step."""

    number: dict[str, int]
    """Of the last attempt, 1-based, over all processes that ran the run."""
    began: dict[str, float] = field(default_factory=dict)
    """Of those that have been told as started and not as ended: monotonic seconds."""
    tokens: dict[str, str] = field(default_factory=dict)
    ended: dict[str, Exit] = field(default_factory=dict)
    """How the processes ended whose end has not been told."""
    failures: dict[str, int] = field(default_factory=dict)
    """Of those that may be tried again, in this process."""


class _ReadsOutput(Exception):
    """The command needs what another step wrote, which is read in a thread."""


class Performer:
    """Makes attempts; nothing of the schedule is known here."""

    def __init__(
        self,
        bound: Bound,
        run: PlanRun,
        *,
        launcher: Launcher,
        confined: Launcher | None,
        folder: Path,
        attempts: Attempts,
        results: Mapping[str, StepResult],
    ) -> None:
        self._bound = bound
        self._run = run
        self._launcher = launcher
        self._confined = confined
        self._folder = folder
        self._outputs = str(folder)
        self._attempts = attempts
        self._results = results
        self._direct = launcher if isinstance(launcher, DirectLauncher) else None
        self._env = {
            "PLAN_ID": run.plan_id,
            "PLAN_RUN_ID": run.run_id,
            "PLAN_RUN_DIR": str(folder / FILES),
        }

    async def call(self, step: PlanStep) -> Call:
        """Its command with its values.

        Raises: InputError when it cannot be bound.
        """
        try:
            return self._bound.call(step, self._results, _not_here)
        except _ReadsOutput:
            return await asyncio.to_thread(self._bound.call, step, self._results, self._output)

    def cwd(self, call: Call) -> str:
        """The folder that it runs in, absolute."""
        return self._run.folder if call.cwd is None else normpath(join(self._run.folder, call.cwd))

    def begin(
        self, step: PlanStep, came: Callable[[StepResult | Again | Exception], None]
    ) -> Direct | None:
        """`attempt` without a task; None where that cannot be, and nothing has happened."""
        if self._direct is None or self._launcher_of(step) is not self._launcher:
            return None
        number = self._attempts.number[step.id]
        try:
            order = self._order(step, self._bound.call(step, self._results, _not_here), number)
        except (_ReadsOutput, InputError):
            return None
        direct = Direct(
            came,
            at_once=partial(self._at_once, step, number),
            afterwards=partial(self._afterwards, step, order, number),
            cancelled=partial(self._cancelled, step),
        )
        return direct if direct.begin(self._direct, order) else None

    async def attempt(self, step: PlanStep, call: Call | None = None) -> StepResult | Again:
        """The attempt that has just been told as started, to its end; cancelled: so it ends."""
        try:
            return await self._attempt(step, call)
        except asyncio.CancelledError:
            return self._cancelled(step)

    def _cancelled(self, step: PlanStep) -> StepResult:
        began = self._attempts.began.get(step.id)
        return StepResult(
            status="cancelled",
            attempts=self._attempts.number.get(step.id, 0),
            duration_s=None if began is None else time.monotonic() - began,
            reason="stopped while it ran",
        )

    async def _attempt(self, step: PlanStep, call: Call | None) -> StepResult | Again:
        number = self._attempts.number[step.id]
        try:
            order = self._order(step, call or await self.call(step), number)
        except InputError as error:
            return StepResult(status="failed", attempts=number, reason=str(error))
        ended = await self._launcher_of(step).run(_spawn(order))
        result = self._at_once(step, number, ended)
        return result or await self._afterwards(step, order, number, ended)

    def _launcher_of(self, step: PlanStep) -> Launcher:
        sandboxed = self._bound.plan.globals.sandbox if step.sandbox is None else step.sandbox
        return self._confined if sandboxed and self._confined is not None else self._launcher

    def _order(self, step: PlanStep, call: Call, number: int) -> Order:
        own = self._bound.plan.globals
        output = output_stem(self._outputs, step.id, number)
        return Order(
            argv=call.argv,
            env={**call.env, **self._env, "PLAN_STEP_ID": step.id, "PLAN_ATTEMPT": str(number)},
            cwd=self.cwd(call),
            stdout=output + "stdout",
            stderr=output + "stderr",
            token=self._attempts.tokens[step.id],
            timeout_s=own.default_timeout_sec if step.timeout_sec is None else step.timeout_sec,
            grace_s=own.critical_grace_period_sec,
        )

    def _at_once(self, step: PlanStep, number: int, ended: Exit) -> StepResult | None:
        """A success of which nothing is to be read."""
        self._attempts.ended[step.id] = ended
        if step.captures or not _is_success(step, ended):
            return None
        return _plain(ended, number)

    async def _afterwards(
        self, step: PlanStep, order: Order, number: int, ended: Exit
    ) -> StepResult | Again:
        result = await self._result(step, ended, order, number)
        if result.status != "failed" or not step.retries:
            return result
        failures = self._attempts.failures[step.id] = self._attempts.failures.get(step.id, 0) + 1
        delay = delay_s(step, failures=failures)
        return result if delay is None else Again(delay, result)

    async def _result(self, step: PlanStep, ended: Exit, order: Order, number: int) -> StepResult:
        plain = _plain(ended, number)
        if not _is_success(step, ended):
            why = how_it_ended(ended, timeout_s=order.timeout_s)
            said = await asyncio.to_thread(last_line, Path(order.stderr))
            return replace(plain, status="failed", reason=f"{why}: {said}" if said else why)
        output = Path(order.stdout)
        found = await asyncio.to_thread(lambda: capture(step.captures, end_of(output)))
        if found.missing is not None:
            reason = f"captures.{found.missing}: no match"
            return replace(plain, status="failed", captures=found.values, reason=reason)
        return replace(plain, captures=found.values)

    def _output(self, step: str, stream: Literal["stdout", "stderr"]) -> str:
        number = self._attempts.number.get(step)
        if number is None:
            return ""
        return end_of(output_path(self._folder, step, attempt=number, stream=stream))


async def captures_again(
    bound: Bound, finished: Mapping[str, StepResult], *, attempts: Attempts, folder: Path
) -> Mapping[str, StepResult]:
    """Results of an earlier process with their captures read anew: those that were stored have no
    secrets. What cannot be found any more stays as it was stored."""
    found = dict(finished)
    for step in bound.plan.steps:
        if not step.captures or step.id not in finished or step.id not in attempts.number:
            continue
        number = attempts.number[step.id]
        path = output_path(folder, step.id, attempt=number, stream="stdout")
        read = await asyncio.to_thread(_captured_in, path, step)
        found[step.id] = replace(finished[step.id], captures={**finished[step.id].captures, **read})
    return found


def _captured_in(path: Path, step: PlanStep) -> Mapping[str, str]:
    return capture(step.captures, end_of(path)).values


def _is_success(step: PlanStep, ended: Exit) -> bool:
    return ended.exit_code in step.success_codes and not (ended.timed_out or ended.error)


def _plain(ended: Exit, number: int) -> StepResult:
    return StepResult(
        status="succeeded",
        exit_code=ended.exit_code,
        signal=ended.signal,
        timed_out=ended.timed_out,
        attempts=number,
        duration_s=ended.duration_s,
        reason=_left_behind(ended.survivors) if ended.survivors else "",
    )


def _spawn(order: Order) -> Spawn:
    return Spawn(
        argv=order.argv,
        env=order.env,
        cwd=order.cwd,
        stdout=Path(order.stdout),
        stderr=Path(order.stderr),
        token=order.token,
        timeout_s=order.timeout_s,
        grace_s=order.grace_s,
    )


def _not_here(step: str, stream: Literal["stdout", "stderr"]) -> str:
    raise _ReadsOutput


def _left_behind(survivors: int) -> str:
    many = "1 process" if survivors == 1 else f"{survivors} processes"
    return f"{many} that it left behind were killed"
