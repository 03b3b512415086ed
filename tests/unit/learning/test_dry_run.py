"""What the router would answer to a task's questions."""

from typing import Any, get_args

import pytest

from gatewright.domain.catalogue import Card
from gatewright.domain.outcome import Arm, Counted, Tally
from gatewright.domain.task import Budget, Risk, Role, Task
from gatewright.learning.dry_run import DRAWS, Question, rehearse
from routing.floors import Rules
from routing.history import History
from routing.router import LearningRouter
from routing.worth import Worth

CHEAP, STRONG = "a/cheap", "b/strong"
ABILITIES = frozenset({"structured_output"})
CARDS = (
    Card(
        name=CHEAP,
        attempt_usd=0.01,
        abilities=ABILITIES,
        tier=1,
        tags=frozenset({"local"}),
        context_window=8192,
    ),
    Card(name=STRONG, attempt_usd=0.5, abilities=ABILITIES, tier=3),
)


def router(*, strategy: str = "balanced", **tallies: Tally) -> LearningRouter:
    counted = Counted(
        {
            Arm("implementer", "medium", "", 0, {"cheap": CHEAP, "strong": STRONG}[name], False): t
            for name, t in tallies.items()
        }
    )
    rows = {role: dict.fromkeys(get_args(Risk), (CHEAP, STRONG)) for role in get_args(Role)}
    return LearningRouter(
        CARDS,
        rows,
        history=History(counted),
        rules=Rules(),
        worth=Worth(value=2.0),
        strategy=strategy,
    )


def ask(
    *roles: Role,
    by: LearningRouter | None = None,
    stage: int = 0,
    private: bool = False,
    **task: Any,
) -> tuple[Question, ...]:
    given = Task(**{"id": "t", "goal": "g", "repo": "/r", **task})
    decide = (by or router()).decide
    return rehearse(decide, given, roles=roles, stage=stage, private=private).questions


def test_each_role_is_asked_in_its_order() -> None:
    asked = ask("planner", "plan_reviewer", "implementer", "code_reviewer")
    assert [one.request.role for one in asked] == [
        "planner",
        "plan_reviewer",
        "implementer",
        "code_reviewer",
    ]


def test_a_reviewer_is_not_who_would_make_the_work() -> None:
    made, review = ask("implementer", "code_reviewer")
    assert made.decision is not None
    assert review.decision is not None
    assert review.request.exclude == (made.decision.model,)
    assert review.decision.model not in review.request.exclude


def test_failed_attempts_are_those_that_the_router_would_make() -> None:
    [first] = ask("implementer", by=router(cheap=Tally(45, 5)))
    [second] = ask("implementer", by=router(cheap=Tally(45, 5)), stage=1)
    assert first.decision is not None
    assert (second.request.stage, second.request.tried) == (1, (first.decision.model,))


def test_the_question_is_as_the_task_has_it() -> None:
    [one] = ask("implementer", risk="high", area="django", budget=Budget(max_cost_usd=3))
    assert (one.request.risk, one.request.area, one.request.left_usd) == ("high", "django", 3.0)


def test_all_but_the_implementer_need_structured_answers() -> None:
    planner, implementer = ask("planner", "implementer")
    assert (planner.request.needs, implementer.request.needs) == (ABILITIES, frozenset())


def test_a_private_repository_is_asked_for_as_such() -> None:
    [one] = ask("implementer", private=True)
    assert one.decision is not None
    assert one.decision.model == CHEAP
    assert STRONG in one.decision.refused


def test_a_window_that_cannot_hold_the_task_is_refused() -> None:
    [one] = ask("implementer", goal="word " * 3900)
    assert one.decision is not None
    assert one.decision.model == STRONG
    assert "window" in one.decision.refused[CHEAP]


def test_nobody_to_ask_is_said_and_not_raised() -> None:
    [one] = ask("implementer", budget=Budget(max_cost_usd=0))
    assert one.decision is None
    assert CHEAP in one.fault


def test_where_chance_has_a_part_other_draws_are_counted() -> None:
    [one] = ask("implementer", by=router(strategy="learning"))
    assert sum(one.draws.values()) == DRAWS


@pytest.mark.parametrize("strategy", ["baseline", "performance", "cost", "balanced"])
def test_where_chance_has_none_there_are_no_draws(strategy: str) -> None:
    [one] = ask("implementer", by=router(strategy=strategy))
    assert one.draws == {}


def test_asked_twice_the_answer_is_the_same() -> None:
    by = router(strategy="learning")
    assert ask("implementer", by=by) == ask("implementer", by=by)
