"""The review queue: real questions of the develop graph, in a home of their own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gatewright.domain.errors import InputError, ThreadBusy
from gatewright.domain.findings import Finding
from gatewright.domain.human import Answer
from gatewright.domain.task import Priority, Task
from gatewright.settings import load_settings
from gatewright.storage.locks import task_lock
from gatewright.store import open_store
from gatewright.tasks.reviewing import Waiting, proposal, record, review_queue, waiting_task
from gatewright.tasks.running import compiled, config
from gatewright.testing import ScriptedModel, ScriptedModels
from graph.context import Context, Limits
from tests.unit.nodes.bench import (
    APPROVED,
    PLAN,
    ROLES,
    TWO_STEPS,
    KeptJournal,
    Rows,
    ScriptedGate,
    failed,
    rejected,
    written,
)
from tests.unit.nodes.desk_support import Notes, Till
from tests.unit.workspace.git_support import head, make_repository

FIRST = written("one\n2\nthree\n")
SECOND = written("new\n", "b.txt")
ONCE = Limits(rejections=1)
REJECTED = rejected("Too vague.")


class House:
    """One home and one repository, with tasks that ask."""

    def __init__(self, folder: Path) -> None:
        self.settings = load_settings(home=folder / "home")
        self.repo = make_repository(folder / "shop")

    async def asks(
        self,
        task_id: str,
        *,
        priority: Priority = "medium",
        gate: Sequence[tuple[Finding, ...]] = (),
        **replies: list[Any],
    ) -> None:
        """Run a task, whose first rejection or failure is a question, to that."""
        base = head(self.repo)
        task = Task(id=task_id, goal="Mend it", repo=self.repo, base="HEAD", priority=priority)
        said = {"planner": [PLAN], "plan_reviewer": [APPROVED], "implementer": [FIRST]}
        models = [ScriptedModel(role, {**said, **replies}.get(role, [APPROVED])) for role in ROLES]
        async with open_store(self.settings) as store:
            await store.ledger.accept(task, base)
            await store.workspace.open(task_id, self.repo, None, base)
            ports: dict[str, Any] = {
                "workspace": store.workspace,
                "gate": ScriptedGate(gate),
                "journal": KeptJournal(),
                "purse": Till(),
                "telemetry": Notes(),
                "router": Rows({role: [role] for role in ROLES}),
                "models": ScriptedModels(*models),
                "runner": None,
                "toolchain": None,
            }
            start = {"task": task.model_dump(mode="json"), "base_commit": base}
            context = Context(limits=ONCE, **ports)
            await compiled(store).ainvoke(start, config(task_id), context=context)
            await store.ledger.note(task_id, "awaiting_human")

    async def queue(self) -> tuple[Waiting, ...]:
        return (await review_queue(self.settings)).waiting

    async def one(self, task_id: str = "t") -> Waiting:
        found = await waiting_task(self.settings, task_id)
        assert found is not None
        return found


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_a_rejected_plan_is_in_the_queue(house: House) -> None:
    await house.asks("t", plan_reviewer=[REJECTED])
    [one] = await house.queue()
    assert (one.task_id, one.about, one.status) == ("t", "plan", "the plan was rejected")
    assert one == await house.one()


@pytest.mark.parametrize(
    ("script", "about", "status"),
    [
        ({"code_reviewer": [REJECTED]}, "change", "the change was rejected"),
        ({"gate": [failed("no")]}, "gate", "the gate failed"),
        ({"planner": ["no plan"] * 4}, "answer", "no usable answer"),
    ],
)
async def test_each_question_says_what_it_is_about(
    house: House, script: dict[str, Any], about: str, status: str
) -> None:
    await house.asks("t", **script)
    [one] = await house.queue()
    assert (one.about, one.status) == (about, status)


async def test_the_most_urgent_comes_first_and_then_who_has_waited_longest(house: House) -> None:
    given: list[tuple[str, Priority]] = [("a", "low"), ("b", "high"), ("c", "low"), ("d", "high")]
    for name, priority in given:
        await house.asks(name, priority=priority, plan_reviewer=[REJECTED])
    assert [one.task_id for one in await house.queue()] == ["b", "d", "a", "c"]


async def test_an_answer_is_kept_and_shown(house: House) -> None:
    await house.asks("t", plan_reviewer=[REJECTED])
    answer = Answer(action="retry", note="shorter")
    await record(house.settings, await house.one(), answer)
    kept = (await house.one()).answered
    assert kept is not None
    assert (kept.action, kept.note) == ("retry", "shorter")


async def test_a_question_takes_one_answer(house: House) -> None:
    await house.asks("t", plan_reviewer=[REJECTED])
    one = await house.one()
    await record(house.settings, one, Answer(action="approve"))
    with pytest.raises(InputError, match="answered 'approve'"):
        await record(house.settings, one, Answer(action="reject"))


async def test_an_answer_to_a_question_that_is_not_open_is_refused(house: House) -> None:
    await house.asks("t", plan_reviewer=[REJECTED])
    another = (await house.one()).model_copy(update={"question_id": "0" * 32})
    with pytest.raises(InputError) as refused:
        await record(house.settings, another, Answer(action="approve"))
    assert refused.value.field == "interrupt_id"


async def test_while_somebody_runs_the_task_no_answer_is_taken(house: House) -> None:
    await house.asks("t", plan_reviewer=[REJECTED])
    one = await house.one()
    with task_lock(house.settings.home / "locks", "t"), pytest.raises(ThreadBusy):
        await record(house.settings, one, Answer(action="approve"))


async def test_at_a_review_the_proposal_is_the_change_at_hand(house: House) -> None:
    verdicts = [APPROVED, REJECTED]
    replies = {"planner": [TWO_STEPS], "implementer": [FIRST, SECOND]}
    await house.asks("t", code_reviewer=verdicts, **replies)
    diff = await proposal(house.settings, await house.one())
    assert ("b.txt" in diff, "a.txt" in diff) == (True, False)


async def test_at_the_gate_the_proposal_is_all_of_it(house: House) -> None:
    replies = {"planner": [TWO_STEPS], "implementer": [FIRST, SECOND]}
    await house.asks("t", gate=[failed("no")], code_reviewer=[APPROVED] * 2, **replies)
    one = await house.one()
    diff = await proposal(house.settings, one)
    assert ("b.txt" in diff, "a.txt" in diff) == (True, True)
    assert diff == one.question.diff


async def test_before_any_change_there_is_no_proposal(house: House) -> None:
    await house.asks("t", plan_reviewer=[REJECTED])
    assert await proposal(house.settings, await house.one()) == ""


async def test_a_checkpoint_of_another_version_is_named_and_hides_no_other(house: House) -> None:
    await house.asks("broken", plan_reviewer=[REJECTED])
    await house.asks("t", plan_reviewer=[REJECTED])
    async with open_store(house.settings) as store:
        spent = {"spent": {"of": "another version"}}
        await compiled(store).aupdate_state(config("broken"), spent, as_node="plan_reviewer")
    found = await review_queue(house.settings)
    assert [one.task_id for one in found.waiting] == ["t"]
    assert [one.task_id for one in found.unreadable] == ["broken"]
    assert "another version" in found.unreadable[0].problem


async def test_a_cancelled_task_asks_nothing(house: House) -> None:
    await house.asks("t", plan_reviewer=[REJECTED])
    async with open_store(house.settings) as store:
        await store.ledger.cancelled("t")
    assert (await house.queue(), await waiting_task(house.settings, "t")) == ((), None)


async def test_an_unknown_task_is_bad_input(house: House) -> None:
    with pytest.raises(InputError) as refused:
        await waiting_task(house.settings, "nobody")
    assert refused.value.field == "task"
