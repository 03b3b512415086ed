"""Recorded decisions as rows of attempts: a first question, and what came of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from gatewright.domain.decision import RoutingRequest
from gatewright.domain.findings import Frozen
from gatewright.domain.task import Role
from gatewright.telemetry.decisions import Recorded


class Spent(Frozen):
    """What was really done in one role."""

    role: Role
    questions: int
    """Put to the router before any attempt had failed."""
    attempts: int
    """Decisions that came to a verdict."""
    passed: int
    """Questions whose last verdict was a pass."""
    undecided: int
    """Questions without any verdict: left out of everything else here."""
    cost_usd: float
    """Of the attempts whose cost is known."""
    unpriced: int
    """Attempts whose cost is not known."""


def episodes(recorded: Iterable[Recorded]) -> list[list[Recorded]]:
    """Each first question with the attempts that came of it, in the order of their decisions.

    Attempts whose first question is not among those recorded are a row of their own.
    """
    found: list[list[Recorded]] = []
    open_by_task: dict[tuple[str, Role], list[Recorded]] = {}
    for one in recorded:
        key = one.task_id, one.request.role
        begins = one.request.stage == 0 and not one.decision.fallback_of
        if begins or key not in open_by_task:
            open_by_task[key] = []
            found.append(open_by_task[key])
        open_by_task[key].append(one)
    return found


def spent(recorded: Iterable[Recorded]) -> tuple[Spent, ...]:
    """What was really done, by role."""
    by_role: defaultdict[Role, list[list[Recorded]]] = defaultdict(list)
    for episode in _whole(recorded):
        by_role[episode[0].request.role].append(episode)
    return tuple(_spent(role, rows) for role, rows in by_role.items())


def questions(recorded: Iterable[Recorded]) -> tuple[RoutingRequest, ...]:
    """Those that were put before any attempt had failed, and came to a verdict."""
    return tuple(_asked(episode[0]) for episode in _whole(recorded) if _is_decided(episode))


def _whole(recorded: Iterable[Recorded]) -> list[list[Recorded]]:
    return [episode for episode in episodes(recorded) if episode[0].request.stage == 0]


def _asked(first: Recorded) -> RoutingRequest:
    """As if for the first time: whose circuits were open, and what was left of a budget then, is
    of that day."""
    return first.request.model_copy(update={"faulted": (), "left_usd": None})


def _is_decided(episode: Sequence[Recorded]) -> bool:
    return any(one.outcome is not None for one in episode)


def _spent(role: Role, rows: Sequence[Sequence[Recorded]]) -> Spent:
    decided = [episode for episode in rows if _is_decided(episode)]
    verdicts = [[one.outcome for one in episode if one.outcome] for episode in decided]
    attempts = [verdict for episode in verdicts for verdict in episode]
    costs = [verdict.cost_usd for verdict in attempts]
    return Spent(
        role=role,
        questions=len(decided),
        attempts=len(attempts),
        passed=sum(episode[-1].passed for episode in verdicts),
        undecided=len(rows) - len(decided),
        cost_usd=sum(cost for cost in costs if cost is not None),
        unpriced=sum(cost is None for cost in costs),
    )
