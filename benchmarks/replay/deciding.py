"""How long a decision takes when the history is long."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from benchmarks.replay.production import RISKS, ROLE
from gatewright.domain.catalogue import Card
from gatewright.domain.decision import RoutingRequest
from gatewright.domain.outcome import Arm, Counted, Outcome, Tally
from gatewright.domain.task import Risk
from routing.floors import Rules
from routing.history import History
from routing.router import LearningRouter
from routing.worth import Worth

AREAS = 40
DECISIONS = 300


class Deciding(NamedTuple):
    """Milliseconds of one decision, everything in it, and of learning one outcome."""

    median_ms: float
    p99_ms: float
    learn_ms: float


def deciding(*, models: int = 7, outcomes: int = 100_000, learned: int = 2_000) -> Deciding:
    """Decide over a history of so many outcomes, of which the last ones were learned here."""
    draw = Random(1)
    names = [f"provider/model-{n}" for n in range(models)]
    history = History(_counted(names, outcomes - learned, draw))
    row: dict[Risk, Sequence[str]] = dict.fromkeys(RISKS, names)
    router = LearningRouter(
        [Card(name=name, attempt_usd=0.02 * 2**n) for n, name in enumerate(names)],
        {ROLE: row},
        history=history,
        rules=Rules(),
        worth=Worth(value_usd=1.0),
    )
    began = time.perf_counter()
    for n in range(learned):
        router.learn(_outcome(n, draw.choice(names), draw))
    learn_ms = 1000 * (time.perf_counter() - began) / learned
    took = sorted(_decide_ms(router, n, names) for n in range(DECISIONS))
    return Deciding(took[DECISIONS // 2], took[int(0.99 * DECISIONS)], learn_ms)


def _decide_ms(router: LearningRouter, n: int, names: list[str]) -> float:
    stage = n % 3
    request = RoutingRequest(
        role=ROLE,
        risk=RISKS[n % len(RISKS)],
        area=f"area-{n % AREAS}",
        stage=stage,
        seed=f"deciding-{n}",
        tried=tuple(names[:stage]),
    )
    began = time.perf_counter()
    router.decide(request)
    return 1000 * (time.perf_counter() - began)


def _counted(names: list[str], outcomes: int, draw: Random) -> Counted:
    tallies: dict[Arm, Tally] = {}
    for _ in range(outcomes):
        place = f"area-{draw.randrange(AREAS)}"
        arm = Arm(ROLE, draw.choice(RISKS), place, draw.randrange(3), draw.choice(names), False)
        before = tallies.get(arm, Tally())
        passed = draw.random() < 0.6
        tallies[arm] = before._replace(
            passed=before.passed + passed,
            failed=before.failed + (not passed),
            cost_usd=before.cost_usd + 0.1,
            priced=before.priced + 1,
        )
    return Counted(tallies)


def _outcome(n: int, model: str, draw: Random) -> Outcome:
    return Outcome(
        decision_id=f"learned-{n}",
        task_id=str(n),
        role=ROLE,
        risk=draw.choice(RISKS),
        area=f"area-{draw.randrange(AREAS)}",
        model=model,
        kind="gate",
        passed=draw.random() < 0.6,
        cost_usd=0.1,
        at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=n),
    )
