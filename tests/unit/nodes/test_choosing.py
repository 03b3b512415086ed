"""A question is answered by whom the router names; who fails to answer is passed over."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from gatewright.domain.catalogue import Card
from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.errors import BadAnswer, BudgetExhausted, EnvironmentFault, ModelFault
from gatewright.domain.outcome import Outcome
from nodes.choosing import Choosing, answering
from nodes.desk import Desk
from nodes.made import NothingApplies
from routing.floors import Rules
from routing.history import History
from routing.router import LearningRouter
from routing.worth import Worth
from tests.unit.nodes.desk_support import Notes, Ports, Till, desk

NAMES = ("openai/one", "openai/two", "openai/three")
FAULT = ModelFault("openai/one", "overloaded", "busy")


@dataclass
class Play:
    """What each who is asked does, in the order of asking."""

    acts: list[Exception | None]
    asked: list[str] = field(default_factory=list)
    author: str = ""

    async def make(self, decision: Decision) -> "Play":
        self.asked.append(decision.model)
        act = self.acts[len(self.asked) - 1]
        if act is not None:
            raise act
        self.author = decision.model
        return self


class Stubborn:
    """Names the same model whatever became of it."""

    async def choose(self, request: RoutingRequest) -> Decision:
        return Decision(model="one", candidates=("one",), reason="always", policy_version="one")

    def learn(self, outcome: Outcome) -> None:
        return None


def ports(*names: str, notes: Notes | None = None, **rules: Any) -> Ports:
    """A router that works through a row from left to right."""
    row = names or NAMES
    cards = [
        Card(name=name, attempt_usd=0.1, abilities=frozenset({"structured_output"})) for name in row
    ]
    rows = {"implementer": dict.fromkeys(("low", "medium", "high"), row)}
    router = LearningRouter(
        cards,
        rows,  # type: ignore[arg-type]  literals
        history=History(),
        rules=Rules(**rules),
        worth=Worth(),
        strategy="baseline",
    )
    return Ports(router=router, telemetry=notes or Notes())


async def ask(at: Desk, *acts: Exception | None) -> Play:
    play = Play(list(acts))
    await answering(at, Choosing(role="implementer"), play.make)
    return play


async def test_somebody_else_answers_when_a_model_does_not() -> None:
    notes = Notes()
    play = await ask(desk(ports(notes=notes)), FAULT, None)
    assert play.asked == ["openai/one", "openai/two"]
    assert [decision.fallback_of for _, decision in notes.decided_] == ["", "openai/one"]
    assert notes.decided_[1][0].faulted == ("openai/one",)


async def test_a_fault_is_no_verdict() -> None:
    notes = Notes()
    await ask(desk(ports(notes=notes)), FAULT, None)
    assert notes.judged_ == []


async def test_the_first_fault_is_raised_when_nobody_is_left() -> None:
    others = [ModelFault(name, "timeout", "late") for name in NAMES[1:]]
    with pytest.raises(ModelFault) as raised:
        await ask(desk(ports()), FAULT, *others)
    assert raised.value is FAULT


async def test_nobody_at_all_is_refused_with_the_reasons() -> None:
    with pytest.raises(EnvironmentFault, match=r"openai/one: deny list"):
        await ask(desk(ports("openai/one", deny=["openai/*"])), None)


@pytest.mark.parametrize(
    "error",
    [BadAnswer("openai/one", "no JSON"), NothingApplies("openai/one", "no edit applies")],
    ids=["bad answer", "nothing applies"],
)
async def test_what_cannot_be_used_is_a_failed_attempt_and_the_next_is_another_s(
    error: Exception,
) -> None:
    notes = Notes()
    play = await ask(desk(ports(notes=notes)), error, None)
    assert play.asked[0] != play.asked[1]
    [judged] = notes.judged_
    assert (judged.model, judged.kind, judged.passed, judged.stage) == (
        "openai/one",
        "review",
        False,
        0,
    )
    assert notes.decided_[1][0].stage == 1
    assert notes.decided_[1][0].tried == ("openai/one",)


async def test_three_attempts_that_cannot_be_used_are_enough() -> None:
    errors = [NothingApplies(name, "no edit applies") for name in NAMES]
    with pytest.raises(NothingApplies) as raised:
        await ask(desk(ports(*NAMES, "openai/four")), *errors)
    assert raised.value is errors[-1]


async def test_a_node_that_runs_again_decides_under_the_same_names() -> None:
    first, second = Notes(), Notes()
    await ask(desk(ports(notes=first)), FAULT, None)
    await ask(desk(ports(notes=second)), FAULT, None)
    ids = [[decision.id for _, decision in notes.decided_] for notes in (first, second)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


@pytest.mark.parametrize(
    ("folders", "task", "private"),
    [
        ((), {}, False),
        ((), {"private": True}, True),
        ((Path("/r"),), {}, True),
        ((Path("/"),), {}, True),
        ((Path("/other"),), {}, False),
    ],
)
async def test_what_is_private_goes_to_nobody_but_those_allowed(
    folders: tuple[Path, ...], task: dict[str, Any], private: bool
) -> None:
    at = desk(Ports(**{**vars(ports()), "private": folders}), **task)
    if not private:
        assert (await ask(at, None)).author == "openai/one"
        return
    with pytest.raises(EnvironmentFault, match="private repository"):
        await ask(at, None)


async def test_a_router_that_knows_nobody_else_ends_it() -> None:
    """A router need not remember who was silent; the loop ends all the same."""
    at = desk(Ports(router=Stubborn()))
    play = Play([FAULT] * 3)
    with pytest.raises(ModelFault, match="busy"):
        await answering(at, Choosing(role="implementer"), play.make)
    assert play.asked == ["one", "one"]


@pytest.mark.parametrize(
    ("budget", "house", "said"),
    [
        ({"max_cost_usd": 0.02}, None, "budget.max_cost_usd is too small to go on: 0 of 0.02"),
        (
            {"max_cost_usd": 9.0},
            0.02,
            "budget.day_usd/month_usd is too small to go on: 0 of 0.02",
        ),
        ({}, 0.02, "budget.day_usd/month_usd is too small to go on: 0 of 0.02 spent"),
    ],
)
async def test_it_is_the_budget_that_is_at_an_end_when_money_would_help(
    budget: dict[str, float], house: float | None, said: str
) -> None:
    poor = replace(ports(NAMES[0]), purse=Till(house))
    with pytest.raises(BudgetExhausted, match=r"and it takes 0\.1") as stopped:
        await ask(desk(poor, budget=budget))
    assert said in str(stopped.value)


async def test_where_money_would_not_help_nobody_may_answer() -> None:
    poor = replace(ports(NAMES[0], private_allow=frozenset()), purse=Till(0.02))
    with pytest.raises(EnvironmentFault):
        await ask(desk(poor, private=True))
