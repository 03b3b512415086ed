"""What the router would answer to a task's questions, without asking anybody else anything."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from pydantic import Field

from agents.sections import least_tokens
from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.findings import Frozen
from gatewright.domain.task import Role, Task

Decide = Callable[[RoutingRequest], Decision]
"""`LearningRouter.decide`. Raises: EnvironmentFault when nobody may answer."""

DRAWS = 100
"""Of seeds, to see how sure a choice is that chance has a part in."""
LAST_STAGE = 2
_REVIEWED: Mapping[Role, Role] = {"plan_reviewer": "planner", "code_reviewer": "implementer"}
"""By reviewer, whose work it reviews."""


class Question(Frozen):
    """One question to the router, and its answer."""

    request: RoutingRequest
    decision: Decision | None = None
    fault: str = ""
    """Why nobody may answer."""
    draws: dict[str, int] = Field(default_factory=dict)
    """By model, how often other seeds choose it; empty where the seed has no part in it."""


class DryRun(Frozen):
    """What the router would do for a task."""

    task_id: str
    goal: str
    risk: str
    area: str
    questions: tuple[Question, ...]
    """One a role, in the order in which a run comes to them."""


def rehearse(
    decide: Decide, task: Task, *, roles: Iterable[Role], stage: int = 0, private: bool = False
) -> DryRun:
    """Ask for each role who would answer after `stage` failed attempts.

    Those are taken to be made by whom the router itself would choose, and reviewed is the work of
    whom it would choose for that.
    """
    asked = [_ask(decide, task, role, stage=stage, private=private) for role in roles]
    return DryRun(
        task_id=task.id, goal=task.goal, risk=task.risk, area=task.area, questions=tuple(asked)
    )


def after_failure(request: RoutingRequest, decision: Decision) -> RoutingRequest:
    """The next question, when the attempt that was decided on has failed."""
    raised = (decision.model,) if decision.escalates else ()
    return request.model_copy(
        update={
            "stage": min(request.stage + 1, LAST_STAGE),
            "tried": (*request.tried, decision.model),
            "escalated": (*request.escalated, *raised),
            "faulted": (),
            "seed": f"{request.seed}+",
        }
    )


def _ask(decide: Decide, task: Task, role: Role, *, stage: int, private: bool) -> Question:
    request = RoutingRequest(
        role=role,
        risk=task.risk,
        area=task.area,
        seed=f"dry run of {task.id}: {role}",
        exclude=_authors(decide, task, role, private=private),
        least_tokens=least_tokens(task),
        needs=frozenset(() if role == "implementer" else ("structured_output",)),
        private=private or task.private,
        left_usd=task.budget.max_cost_usd,
    )
    try:
        decision = decide(request)
        for _ in range(stage):
            request = after_failure(request, decision)
            decision = decide(request)
        return Question(request=request, decision=decision, draws=_draws(decide, request, decision))
    except EnvironmentFault as fault:
        return Question(request=request, fault=str(fault))


def _authors(decide: Decide, task: Task, role: Role, *, private: bool) -> tuple[str, ...]:
    author = _REVIEWED.get(role)
    if author is None:
        return ()
    made = _ask(decide, task, author, stage=0, private=private).decision
    return () if made is None else (made.model,)


def _draws(decide: Decide, request: RoutingRequest, decision: Decision) -> dict[str, int]:
    """How other seeds choose; only the strategy `learning` draws."""
    if decision.strategy != "learning" or len(decision.candidates) == 1:
        return {}
    seeds = (f"{request.seed} #{number}" for number in range(DRAWS))
    found = Counter(decide(request.model_copy(update={"seed": seed})).model for seed in seeds)
    return dict(found.most_common())
