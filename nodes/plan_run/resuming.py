"""Where a run is gone on from: what succeeded stays, and what was cut off is looked after."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langgraph.types import interrupt

from gatewright.domain.errors import InputError
from gatewright.domain.plan_run import PlanEvent, PlanRun, StepAttempt, StepResult, StepStatus
from gatewright.plans.engine.events import now
from gatewright.plans.variables.bound import Bound
from graph.plan_context import PlanContext
from graph.plan_state import PlanState
from nodes.plan_run.asking import WORDS, Answers, Word, unfinished_question, waiting_for

_STATUS: Mapping[Word, StepStatus] = {"done": "succeeded", "failed": "failed"}


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where the engine goes on."""

    run: PlanRun
    finished: Mapping[str, StepResult]
    """Steps that are not decided anew."""
    attempts: Mapping[str, int]
    """How many attempts each step had."""


async def start_of(
    state: PlanState, context: PlanContext, bound: Bound, tell: Callable[[PlanEvent], None]
) -> Start:
    """What is left of earlier processes is killed; of a step that is not to be run twice, a person
    says what became of it (an interrupt, unless the answer was given with the run).

    The run is claimed. Raises: InputError for an answer to what was not asked.
    """
    attempts = await context.store.attempts(state.run_id)
    results = await context.store.results(state.run_id)
    cut_off = _cut_off(attempts, results)
    for one in cut_off.values():
        await context.sweep(one)
    idempotent = {step.id: step.idempotent for step in bound.plan.steps}
    doubtful = {name: one for name, one in cut_off.items() if not idempotent.get(name, True)}
    answers = await _answers(state, context, sorted(doubtful), tell)
    said = [_end(context, doubtful[step], word) for step, word in answers.items()]
    told = [event for event in said if event is not None]
    if told:
        await context.store.record(told)
        for event in told:
            tell(event)
    finished = {name: one for name, one in results.items() if one.status == "succeeded"}
    numbers = {one.step: one.attempt for one in attempts}
    finished |= {event.step or "": _result(event, numbers) for event in told}
    return Start(run=await context.store.run(state.run_id), finished=finished, attempts=numbers)


def _cut_off(
    attempts: Sequence[StepAttempt], results: Mapping[str, StepResult]
) -> dict[str, StepAttempt]:
    """The last attempts of steps that ran when their engine died."""
    last = {one.step: one for one in attempts}
    return {name: one for name, one in last.items() if one.ended_at is None and name not in results}


async def _answers(
    state: PlanState,
    context: PlanContext,
    steps: list[str],
    tell: Callable[[PlanEvent], None],
) -> Mapping[str, Word]:
    given: Mapping[str, Any] = state.options.get("answers") or {}
    _check(given, steps)
    if not set(steps) - set(given):
        return {step: given[step] for step in steps}
    run = await context.store.run(state.run_id)
    if run.status != "waiting":
        event = PlanEvent(
            kind="run_waiting", run_id=run.run_id, at=now(), reason=waiting_for(steps)
        )
        await context.store.record([event])
        tell(event)
    said = interrupt(unfinished_question(steps), response_schema=Answers).answers
    _check(said, steps)
    merged = {**given, **said}
    if missing := sorted(set(steps) - set(merged)):
        raise InputError(
            "answers", said, f"say nothing of {missing[0]!r}", "Say rerun, done or failed of it."
        )
    return {step: merged[step] for step in steps}


def _check(given: Mapping[str, Any], steps: list[str]) -> None:
    for step, word in given.items():
        if step not in steps:
            raise InputError(
                "answer",
                f"{step}={word}",
                "answers a question that the run does not ask",
                f"It asks of: {', '.join(steps) or 'nothing'}.",
            )
        if word not in WORDS:
            raise InputError(
                "answer", f"{step}={word}", "is no answer", "Say rerun, done or failed."
            )


def _end(context: PlanContext, attempt: StepAttempt, word: Word) -> PlanEvent | None:
    """None: it is run again."""
    if word == "rerun":
        return None
    return PlanEvent(
        kind="step_ended",
        run_id=attempt.run_id,
        at=now(),
        step=attempt.step,
        attempt=attempt.attempt,
        status=_STATUS[word],
        reason=f"cut off; {word}, says {context.started_by}",
    )


def _result(event: PlanEvent, numbers: Mapping[str, int]) -> StepResult:
    status: Any = event.status
    return StepResult(status=status, attempts=numbers.get(event.step or "", 0), reason=event.reason)
