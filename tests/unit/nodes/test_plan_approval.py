"""Where the risk asks for it, a person approves the plan, or writes another."""

from pathlib import Path
from typing import Any

import pytest

from graph.context import Limits
from tests.unit.nodes.bench import PLAN, TWO_STEPS, Bench, planned, rejected, written

ASKS = Limits(approve_plans=frozenset({"high"}))
HIGH = {"risk": "high"}
THEIRS = planned("Mend the middle line.")


def bench(folder: Path, **more: Any) -> Bench:
    return Bench(folder, **{"limits": ASKS, "task": HIGH, **more})


async def test_an_approved_plan_waits_for_a_person(tmp_path: Path) -> None:
    asked = await bench(tmp_path).run()
    assert asked is not None
    assert (asked.stop.kind, asked.stop.at) == ("plan_approval", "plan_reviewer")
    assert asked.stop.choices == ("approve", "edit", "retry", "reject")
    assert asked.plan == PLAN
    assert asked.left == ("Mend a",)
    assert asked.concerns == ("plan reviewer (plan_reviewer), approved: It does what it should.",)


async def test_other_risks_do_not_ask(tmp_path: Path) -> None:
    assert await bench(tmp_path, task={"risk": "medium"}).run() is None


async def test_an_approved_plan_is_implemented_and_nobody_asks_again(tmp_path: Path) -> None:
    one = bench(tmp_path)
    await one.run()
    assert await one.answer("approve") is None
    assert await one.passed()
    assert one.calls("plan_reviewer") == 1


async def test_a_persons_word_counts_for_the_plan(tmp_path: Path) -> None:
    one = bench(tmp_path)
    await one.run()
    await one.answer("approve")
    assert [(o.role, o.passed) for o in one.notes.judged_ if o.kind == "human"] == [
        ("planner", True)
    ]


async def test_another_plan_is_asked_for_with_the_note_and_waits_as_well(tmp_path: Path) -> None:
    one = bench(
        tmp_path, planner=[PLAN, THEIRS], plan_reviewer=[{"verdict": "approved", "why": "w"}] * 2
    )
    await one.run()
    asked = await one.answer("retry", note="Say which line.")
    assert asked is not None
    assert (asked.stop.kind, asked.plan) == ("plan_approval", THEIRS)
    assert "Say which line." in one.told("planner")
    assert [(o.role, o.passed) for o in one.notes.judged_ if o.kind == "human"] == [
        ("planner", False)
    ]


async def test_a_rejected_plan_ends_the_task(tmp_path: Path) -> None:
    one = bench(tmp_path)
    await one.run()
    assert await one.answer("reject") is None
    assert (await one.state()).outcome == "failed"
    assert one.calls("implementer") == 0


async def test_an_edited_plan_is_implemented_without_another_review(tmp_path: Path) -> None:
    one = bench(tmp_path)
    await one.run()
    assert await one.answer("edit", plan=THEIRS) is None
    state = await one.state()
    assert (state.plan, state.plan_author) == (THEIRS, "human")
    assert state.plan_attempt is None, "no model's plan passed the gate"
    assert "Mend the middle line." in one.told("implementer")
    assert (one.calls("planner"), one.calls("plan_reviewer")) == (1, 1)


async def test_an_edited_plan_may_take_the_place_of_a_rejected_one(tmp_path: Path) -> None:
    one = Bench(
        tmp_path,
        plan_reviewer=[rejected("No.")],
        limits=Limits(rejections=1),
        implementer=[written("one\n2\nthree\n"), written("b\n", "b.txt")],
    )
    await one.run()
    assert await one.answer("edit", plan=TWO_STEPS) is None
    assert len((await one.state()).approved) == 2


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        ({"plan": {"why": "w", "steps": []}}, "it is no valid plan: steps: tuple should have"),
        ({"plan": {"steps": PLAN["steps"]}}, "it is no valid plan: why: field required"),
        (
            {"plan": {**PLAN, "steps": [{**PLAN["steps"][0], "files": ["../x"]}]}},
            "The plan breaks a rule.",
        ),
        ({"diff": "--- a/x\n+++ b/x\n"}, "here it is the plan that can be edited"),
        ({}, "here it is the plan that can be edited"),
        ({"plan": PLAN, "diff": "x"}, "here it is the plan that can be edited"),
    ],
)
async def test_a_plan_that_cannot_be_taken_is_asked_for_again(
    tmp_path: Path, edit: dict[str, Any], problem: str
) -> None:
    one = bench(tmp_path)
    await one.run()
    asked = await one.answer("edit", **edit)
    assert asked is not None
    assert asked.stop.reason.startswith(f"your edit was refused: {problem}")
    assert await one.answer("edit", plan=THEIRS) is None
    assert (await one.state()).plan == THEIRS


async def test_the_rule_that_a_plan_breaks_is_a_finding(tmp_path: Path) -> None:
    one = bench(tmp_path)
    await one.run()
    plan = {**PLAN, "steps": [{**PLAN["steps"][0], "files": ["/etc/passwd"]}]}
    asked = await one.answer("edit", plan=plan)
    assert asked is not None
    assert [f.message for f in asked.stop.findings] == [
        "step 1 names the unsafe path '/etc/passwd'"
    ]
