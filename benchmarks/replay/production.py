"""The router as it runs in production, on a stream: its own `decide` and `learn`, nothing else."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from benchmarks.replay.late import Late
from benchmarks.replay.peers import Known
from benchmarks.replay.recorded import Task
from benchmarks.replay.stream import MOST_ATTEMPTS, Attempt, Gate, Played, Stream
from gatewright.domain.catalogue import Card, Prior
from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.outcome import Outcome
from gatewright.domain.task import Risk, Role
from routing.floors import Rules
from routing.history import History
from routing.router import LearningRouter
from routing.worth import HARM, Pacer, Worth

ROLE: Role = "implementer"
RISKS: tuple[Risk, ...] = ("low", "medium", "high")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
TASK_EVERY = timedelta(minutes=1)


class Setting(NamedTuple):
    """How the router is set up for a stream."""

    value_usd: float
    """What a solved task is worth; with a budget, the pacer's first guess only."""
    gate: Gate = Gate()
    """How often the gate is known to be wrong."""
    budget_usd: float | None = None
    """For the whole stream; it then moves the value."""
    delay: int = 0
    """After how many more tasks a verdict is learned."""
    strategy: str = "learning"
    harm: Mapping[Risk, float] | None = None
    """What an accepted bad change costs, in units of the value; None: as in production."""
    priors: Mapping[str, Prior] = {}
    """By model, where it starts warm."""


class Run(NamedTuple):
    """What the router made of a stream, and how long it thought."""

    played: Played
    seconds: tuple[float, ...]
    """Of each decision."""


class Solved(NamedTuple):
    """What became of one task."""

    attempts: tuple[Attempt, ...]
    said: tuple[Outcome, ...]
    """A verdict for each attempt."""
    seconds: tuple[float, ...]
    """Of each decision."""


def router(
    known: Known, setting: Setting, history: History, pacer: Pacer | None = None
) -> LearningRouter:
    """The production router over the recorded models; it knows nothing but their mean prices."""
    cards = [
        Card(name=model, attempt_usd=usd, prior=setting.priors.get(model))
        for model, usd in known.usd.items()
    ]
    row: dict[Risk, Sequence[str]] = dict.fromkeys(RISKS, tuple(known.usd))
    return LearningRouter(
        cards,
        {ROLE: row},
        history=history,
        rules=Rules(),
        worth=_worth(setting) if pacer is None else pacer,
        strategy=setting.strategy,
        # A recording has one run of each model and task: nobody can be asked twice.
        again=False,
    )


def play(stream: Stream, known: Known, setting: Setting) -> Run:
    """Work through a stream: a decision an attempt, and an outcome for every verdict."""
    history = History()
    pacer = None
    if setting.budget_usd is not None:
        pacer = Pacer(
            _worth(setting),
            budget_usd=setting.budget_usd,
            tasks=len(stream),
            value_usd=setting.value_usd,
        )
    chooser = router(known, setting, history, pacer)
    late: Late[Outcome] = Late(chooser.learn, delay=setting.delay)
    rows: list[tuple[Attempt, ...]] = []
    seconds: list[float] = []
    for place in range(len(stream)):
        late.until(place)
        done = solve(stream, place, chooser)
        for outcome in done.said:
            late.say(place, outcome)
        rows.append(done.attempts)
        seconds += done.seconds
        if pacer is not None:
            pacer.spent(sum(attempt.usd for attempt in done.attempts))
    return Run(Played(tuple(rows)), tuple(seconds))


def solve(stream: Stream, place: int, chooser: LearningRouter) -> Solved:
    """One task, attempt by attempt, until the gate accepts one or the plan is used up.

    Nothing is learned here: what was said is for the router to hear, now or later.
    """
    row: list[Attempt] = []
    seconds: list[float] = []
    said: list[Outcome] = []
    escalated: list[str] = []
    task = stream.tasks[place]
    while len(row) < MOST_ATTEMPTS:
        request = RoutingRequest(
            role=ROLE,
            risk=task.risk,
            area=task.area,
            stage=len(row),
            seed=f"{stream.seed}:{place}:{len(row)}",
            tried=tuple(attempt.model for attempt in row),
            escalated=tuple(escalated),
        )
        began = time.perf_counter()
        decision = chooser.decide(request)
        seconds.append(time.perf_counter() - began)
        if decision.escalates:
            escalated.append(decision.model)
        row.append(stream.attempt(place, decision.model))
        said.append(_outcome(request, decision, row[-1], place))
        if row[-1].accepted or _used_up(decision, row, stream.models):
            break
    return Solved(tuple(row), tuple(said), tuple(seconds))


def _used_up(decision: Decision, row: list[Attempt], models: Iterable[str]) -> bool:
    """Whether the plan ends with this attempt: a further one is not worth its price."""
    return len(decision.plan) <= 1 or {attempt.model for attempt in row} >= set(models)


def _outcome(request: RoutingRequest, decision: Decision, attempt: Attempt, place: int) -> Outcome:
    return Outcome(
        decision_id=request.seed,
        task_id=str(place),
        role=request.role,
        risk=request.risk,
        area=request.area,
        stage=request.stage,
        model=attempt.model,
        again=decision.again,
        kind="gate",
        passed=attempt.accepted,
        cost_usd=attempt.usd,
        at=EPOCH + place * TASK_EVERY,
    )


def _worth(setting: Setting) -> Worth:
    return Worth(
        value_usd=setting.value_usd,
        false_accept=setting.gate.false_accept,
        false_reject=setting.gate.false_reject,
        harm=HARM if setting.harm is None else setting.harm,
    )


def warm(dev: Iterable[Task], *, weight: float = 20) -> dict[str, Prior]:
    """Priors from the dev half, for a start that is not blind."""
    tasks = tuple(dev)
    return {
        model: Prior(
            rate=sum(task.runs[model].passed for task in tasks) / len(tasks),
            weight=weight,
            source="the dev half",
        )
        for model in tasks[0].runs
    }
