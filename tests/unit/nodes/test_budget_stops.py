"""What a budget stopped says what it was spent on, and goes on in place with a raised limit."""

from pathlib import Path

from graph.context import Limits
from tests.unit.nodes.bench import TWO_STEPS, Bench, rejected, written

TIGHT = {"budget": {"max_cost_usd": 0.505}}
"""Two calls of 0.25 USD, and too little for a third."""
RAISED = {"max_cost_usd": 100.0}


async def test_it_says_what_was_spent_on_what_and_what_is_left(tmp_path: Path) -> None:
    bench = Bench(tmp_path, planner=[TWO_STEPS], task=TIGHT)
    asked = await bench.run()
    assert asked is not None
    assert (asked.stop.kind, asked.stop.at) == ("budget", "implementer")
    assert asked.stop.choices == ("retry", "reject")
    reason = asked.stop.reason
    assert reason.startswith("budget.max_cost_usd is too small to go on: 0.5 of 0.505 spent")
    assert "Spent so far: $0.5000 and 220 tokens in 0 s (plan_reviewer by plan_reviewer " in reason
    assert "planner by planner $0.2500, 110 tokens" in reason
    assert reason.endswith("Still to be done: 'Mend a', 'Add b', the quality gate")
    assert asked.left == ("Mend a", "Add b")


async def test_a_raised_limit_goes_on_where_it_stopped(tmp_path: Path) -> None:
    bench = Bench(tmp_path, task=TIGHT)
    await bench.run()
    assert await bench.answer("retry", budget=RAISED) is None
    assert await bench.passed()
    assert {role: bench.calls(role) for role in bench.models} == {
        "planner": 1,
        "plan_reviewer": 1,
        "implementer": 1,
        "code_reviewer": 1,
    }


async def test_within_a_node_no_call_is_paid_for_twice(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        task={"budget": {"max_cost_usd": 0.755}},
        implementer=["No edit.", written("one\n2\nthree\n")],
    )
    asked = await bench.run()
    assert asked is not None
    assert (asked.stop.at, bench.calls("implementer")) == ("implementer", 1)
    assert await bench.answer("retry", budget=RAISED) is None
    assert bench.calls("implementer") == 2
    spent = (await bench.state()).spent
    assert (spent["calls"], spent["cost_usd"]) == (5, 1.25)
    assert sum(share["calls"] for share in spent["by"]) == 5


async def test_a_limit_that_is_still_too_low_stops_again_and_loses_nothing(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        task={"budget": {"max_cost_usd": 0.755}},
        implementer=["No edit.", "None.", written("one\n2\nthree\n")],
    )
    await bench.run()
    again = await bench.answer("retry", budget={"max_cost_usd": 1.005})
    assert again is not None
    assert again.stop.kind == "budget"
    assert await bench.answer("retry", budget=RAISED) is None
    assert bench.calls("implementer") == 3
    assert (await bench.state()).spent["cost_usd"] == 1.5


async def test_a_note_is_heard_though_it_costs_a_call(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        task={"budget": {"max_cost_usd": 0.755}},
        implementer=["No edit.", written("one\n2\nthree\n")],
    )
    await bench.run()
    assert await bench.answer("retry", budget=RAISED, note="Only the middle.") is None
    assert "Only the middle." in bench.told("implementer")


async def test_a_raised_limit_does_not_begin_a_loop_anew(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        task={"budget": {"max_cost_usd": 1.005}},
        implementer=[written(f"one\n{word}\nthree\n") for word in "xy"],
        code_reviewer=[rejected("a"), rejected("b")],
        limits=Limits(rejections=2),
    )
    assert await bench.run() is not None
    asked = await bench.answer("retry", budget=RAISED)
    assert asked is not None
    assert asked.stop.reason.startswith("the change was rejected 2 times")
    assert bench.calls("implementer") == 2
