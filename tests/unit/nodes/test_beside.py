"""Steps that do not need each other are made at one time, and come onto the head in order."""

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl

from gatewright.domain.errors import ModelFault
from graph.context import Limits
from graph.standing import step_states
from tests.support.projects import git
from tests.unit.nodes.bench import APPROVED, START, Bench, rejected, steps, written

THREE = Limits(parallel=3)
PLAN = steps(("one", []), ("two", []), ("three", []), ("four", [1, 3]))
NAMES = ("one", "two", "three", "four")


def makes(**other: list[Any]) -> dict[str, list[Any]]:
    """What the implementer answers for each step."""
    plain = {name: [written(f"{name}\n", f"{name}.txt")] for name in NAMES}
    return {f"Make {name}.": said for name, said in {**plain, **other}.items()}


def bench(folder: Path, **fields: Any) -> Bench:
    given = {"planner": [PLAN], "implementer": makes(), "limits": THREE, **fields}
    return Bench(folder, **given)


async def walked(one: Bench) -> list[tuple[str, ...]]:
    """The nodes of each superstep after the plan's review."""
    history = [s async for s in one._graph.aget_state_history(one._config)]
    nodes = [tuple(task.name for task in s.tasks) for s in reversed(history)]
    return nodes[nodes.index(("plan_reviewer",)) + 1 :]


def tree(one: Bench, commit: str) -> str:
    return git(one.repo, "rev-parse", f"{commit}^{{tree}}").strip()


def subjects(one: Bench, commit: str) -> list[str]:
    return git(one.repo, "log", "--format=%s", "--reverse", f"main..{commit}").split("\n")[:-1]


def text(one: Bench, commit: str, path: str) -> str:
    return git(one.repo, "show", f"{commit}:{path}")


async def test_independent_steps_are_made_at_one_time_and_the_dependent_one_after_them(
    tmp_path: Path,
) -> None:
    one = bench(tmp_path)
    assert await one.run() is None
    assert await walked(one) == [
        ("merger",),
        ("implementer",) * 3,
        ("merger",),
        ("code_reviewer",) * 3,
        ("merger",),
        ("implementer",),
        ("code_reviewer",),
        ("quality_gate",),
        ("deliver",),
    ]


async def test_what_comes_of_it_is_what_comes_of_one_step_after_the_other(tmp_path: Path) -> None:
    beside, alone = bench(tmp_path / "b"), bench(tmp_path / "a", limits=Limits(parallel=1))
    assert (await beside.run(), await alone.run()) == (None, None)
    one, other = await beside.state(), await alone.state()
    assert ("merger",) not in await walked(alone)
    assert tree(beside, one.head) == tree(alone, other.head)
    assert subjects(beside, one.head) == subjects(alone, other.head)
    for name in ("step", "attempts", "models", "concerns", "rejections", "beside", "candidate"):
        assert getattr(one, name) == getattr(other, name), name
    counted = ("calls", "cost_usd", "input_tokens", "output_tokens", "by")
    assert [one.spent[c] for c in counted] == [other.spent[c] for c in counted]
    # The router hears of each attempt's verdict once: by the reviewer, and then by the gate.
    verdicts = [
        sorted((o.kind, o.role, o.passed) for o in b.notes.judged_) for b in (beside, alone)
    ]
    assert verdicts[0] == verdicts[1]


async def test_no_more_at_one_time_than_the_limit(tmp_path: Path) -> None:
    one = bench(tmp_path, limits=Limits(parallel=2))
    assert await one.run() is None
    nodes = await walked(one)
    assert [len(step) for step in nodes if "implementer" in step] == [2, 1, 1]
    state = await one.state()
    assert subjects(one, state.head) == [f"Step {name}" for name in NAMES]


async def test_a_step_whose_turn_has_not_come_waits_for_it(tmp_path: Path) -> None:
    """The second needs the first, and the third does not: it is made with the first."""
    plan = steps(("one", []), ("two", [1]), ("three", []))
    one = bench(tmp_path, planner=[plan])
    assert await one.run() is None
    assert [len(step) for step in await walked(one) if "implementer" in step] == [2, 1]
    state = await one.state()
    assert subjects(one, state.head) == ["Step one", "Step two", "Step three"]


async def test_a_conflict_goes_back_to_the_implementer_as_a_finding(tmp_path: Path) -> None:
    clash = {
        "one": [written("ONE\ntwo\nthree\n")],
        "two": [written("1\ntwo\nthree\n"), written("ONE\n2\nthree\n")],
    }
    plan = steps(("one", []), ("two", []), ("three", []))
    one = bench(tmp_path, planner=[plan], implementer=makes(**clash))
    assert await one.run() is None
    state = await one.state()
    assert text(one, state.head, "a.txt") == "ONE\n2\nthree\n"
    assert state.attempts == {"1": 1, "2": 2, "3": 1}
    assert subjects(one, state.head) == ["Step one", "Step two", "Step three"]
    told = one.told("implementer")
    assert "[merge] a.txt: " in told
    assert "ONE" in told.partition("<<<<<<<")[2].partition("=======")[0]


async def test_a_rejected_change_is_made_again_beside_the_others(tmp_path: Path) -> None:
    twice = {"two": [written("poor\n", "two.txt"), written("good\n", "two.txt")]}
    reviews = {
        "Make two.": [rejected("Say good."), APPROVED],
        **{f"Make {name}.": [APPROVED] for name in ("one", "three", "four")},
    }
    one = bench(tmp_path, implementer=makes(**twice), code_reviewer=reviews)
    assert await one.run() is None
    state = await one.state()
    assert (state.attempts, state.rejections) == ({"1": 1, "2": 2, "3": 1, "4": 1}, 0)
    assert text(one, state.head, "two.txt") == "good\n"
    assert any("Say good." in c.messages[-1].content for c in one.models["implementer"].calls)
    assert [len(step) for step in await walked(one) if "implementer" in step] == [3, 1, 1]


async def test_a_step_that_fails_is_asked_about_when_its_turn_has_come(tmp_path: Path) -> None:
    """On a head that has moved it has one more turn first; what is beside it is not made again."""
    poor = {"two": [written(f"poor {n}\n", "two.txt") for n in range(4)]}
    reviews = {
        "Make two.": [rejected(f"No {n}.") for n in range(4)],
        **{f"Make {name}.": [APPROVED] for name in ("one", "three", "four")},
    }
    one = bench(tmp_path, implementer=makes(**poor), code_reviewer=reviews)
    asked = await one.run()
    assert asked is not None
    assert (asked.stop.at, asked.stop.kind) == ("code_reviewer", "rejected")
    state = await one.state()
    assert (state.step, state.attempts["2"], list(state.beside)) == (1, 4, ["3"])
    assert step_states(state, ("await_human",)) == [
        "approved",
        "rejected",
        "approved",
        "pending",
    ]
    assert await one.answer("approve") is None
    state = await one.state()
    assert subjects(one, state.head) == [f"Step {name}" for name in NAMES]
    assert one.calls("implementer") == 7


async def test_the_first_step_that_fails_is_asked_about_as_if_it_were_alone(
    tmp_path: Path,
) -> None:
    poor = {"one": [written(f"poor {n}\n", "one.txt") for n in range(3)]}
    reviews = {
        "Make one.": [rejected(f"No {n}.") for n in range(3)],
        **{f"Make {name}.": [APPROVED] for name in ("two", "three", "four")},
    }
    one = bench(tmp_path, implementer=makes(**poor), code_reviewer=reviews)
    asked = await one.run()
    assert asked is not None
    assert asked.stop.kind == "rejected"
    assert "+poor 2" in asked.diff
    assert (await one.state()).attempts == {"1": 3, "2": 1, "3": 1}
    assert await one.answer("edit", diff=_diff("one.txt", "theirs")) is None
    state = await one.state()
    assert text(one, state.head, "one.txt") == "theirs\n"
    assert subjects(one, state.head) == [f"Step {name}" for name in NAMES]


async def test_where_no_edit_applies_the_others_are_kept(tmp_path: Path) -> None:
    limits = Limits(parallel=3, format_retries=0)
    nothing = {"two": ["no edit", written("two\n", "two.txt")]}
    one = bench(tmp_path, implementer=makes(**nothing), limits=limits)
    assert await one.run() is None
    state = await one.state()
    assert subjects(one, state.head) == [f"Step {name}" for name in NAMES]
    assert one.calls("implementer") == 5


@pytest.mark.parametrize("usd", [0.8, 1.3, 1.6, 2.1])
async def test_a_budget_holds_over_all_steps_and_then_a_person_is_asked(
    tmp_path: Path, usd: float
) -> None:
    """A call costs 0.25; the script's estimate is lower, so some begin that do not fit."""
    one = bench(tmp_path, task={"budget": {"max_cost_usd": usd}})
    asked = await one.run()
    assert asked is not None
    assert asked.stop.kind == "budget"
    spent = (await one.state()).spent
    made = sum(len(model.calls) for model in one.models.values())
    assert spent["cost_usd"] == made * 0.25
    assert spent["calls"] == made
    assert f"of {usd:g} spent" in asked.stop.reason
    assert await one.answer("retry", budget={"max_cost_usd": 10}) is None
    state = await one.state()
    assert subjects(one, state.head) == [f"Step {name}" for name in NAMES]
    # Nothing that was paid for is paid for again.
    assert (state.spent["calls"], one.calls("implementer")) == (10, 4)


async def test_a_call_that_fails_ends_the_run_and_nothing_is_paid_for_twice(
    tmp_path: Path,
) -> None:
    down = ModelFault("implementer", "overloaded", "come back later")
    one = bench(tmp_path, implementer=makes(two=["no edit", down, written("two\n", "two.txt")]))
    with pytest.raises(ModelFault):
        await one.run()
    before = one.calls("implementer")
    assert await one.go_on() is None
    state = await one.state()
    assert subjects(one, state.head) == [f"Step {name}" for name in NAMES]
    assert state.spent["cost_usd"] == 0.25 * state.spent["calls"]
    assert one.calls("implementer") - before <= 4


async def test_an_approved_plan_is_carried_out_beside_after_a_persons_word(
    tmp_path: Path,
) -> None:
    limits = Limits(parallel=3, approve_plans=frozenset({"medium"}))
    one = bench(tmp_path, limits=limits)
    assert await one.run() is not None
    assert await one.answer("approve") is None
    assert ("implementer",) * 3 in await walked(one)


async def test_stopped_at_every_safe_point_it_comes_to_the_same(tmp_path: Path) -> None:
    one, supersteps = bench(tmp_path), 0
    given: Any = {"task": one._task}
    while not await one.passed():
        control = RunControl()
        supersteps += 1
        parts = one._graph.astream(
            given,
            one._config,
            context=one._context,
            stream_mode="tasks",
            durability="sync",
            control=control,
        )
        with contextlib.suppress(GraphDrained):
            async for _ in parts:
                control.request_drain("as soon as something has begun")
        given = None
    state = await one.state()
    assert supersteps >= 9
    assert subjects(one, state.head) == [f"Step {name}" for name in NAMES]
    assert (state.attempts, state.spent["calls"]) == ({"1": 1, "2": 1, "3": 1, "4": 1}, 10)
    assert sum(len(model.calls) for model in one.models.values()) == 10


async def test_events_say_which_step_they_are_about(tmp_path: Path) -> None:
    one = bench(tmp_path)
    said: list[dict[str, Any]] = []
    async for part in one._graph.astream(
        {"task": one._task}, one._config, context=one._context, stream_mode="custom"
    ):
        said.append(part)
    applied = {
        (e["step"], e["steps"], e["attempt"])
        for e in said
        if e["kind"] == "edit_applied" and e["node"] == "implementer" and "step" in e
    }
    merged = [e["step"] for e in said if e["kind"] == "edit_applied" and e["node"] == "merger"]
    assert applied == {(1, 4, 1), (2, 4, 1), (3, 4, 1)}
    assert merged == [1, 2, 3]
    costs = [e["cost_usd"] for e in said if e["kind"] == "model_called"]
    assert costs == sorted(costs), "the spend so far goes on from what was spent before"


async def test_the_users_checkout_and_the_worktree(tmp_path: Path) -> None:
    one = bench(tmp_path)
    assert await one.run() is None
    worktree = tmp_path / "home" / "worktrees" / "t"
    files = sorted(path.name for path in worktree.iterdir() if path.name != ".git")
    assert files == ["a.txt", "four.txt", "one.txt", "three.txt", "two.txt"]
    assert (one.repo / "a.txt").read_text() == START
    assert git(one.repo, "status", "--porcelain") == ""


async def test_a_checkpoint_of_before_goes_on_one_after_the_other(tmp_path: Path) -> None:
    one = bench(tmp_path)
    one._graph.interrupt_before_nodes = ["plan_reviewer", "deliver"]
    await one.run()
    state = await one.state()
    old = replace(state, parallel=1)
    await one._graph.aupdate_state(one._config, {"parallel": old.parallel}, as_node="planner")
    assert await one.go_on() is None
    assert ("merger",) not in await walked(one)


def _diff(path: str, line: str) -> str:
    return f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+{line}\n"
