"""Which steps may be made beside each other, and what each is given of the task."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from graph.beside import at_work, begun, ready, run_of, share, to_merge
from graph.standing import step_states, task_state
from graph.state import Json, RunState, put
from tests.unit.graph.states import candidate, plan, state


def needing(*needs: list[int] | None, **fields: Any) -> RunState:
    made = plan(len(needs))
    for step, one in zip(made["steps"], needs, strict=True):
        step["depends_on"] = one
    return state(**{"plan": made, "parallel": 3, **fields})


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (needing([], []), [0, 1]),
        (needing([], [1], []), [0, 2]),
        (needing([], [], [], []), [0, 1, 2]),
        (needing([], [], [], [], parallel=2), [0, 1]),
        (needing([], [], parallel=1), []),
        (needing(None, None), []),
        (needing(None, []), [0, 1]),
        (needing([], None), []),
        (needing([], [1]), []),
        (needing([], [1], [1], step=1), [1, 2]),
        (needing([], [1], [1], [2], step=1), [1, 2]),
        (needing([], [], attempts={"1": 1}), []),
        (needing([], [], [], attempts={"2": 0}), [0, 2]),
        (needing([], [], step=2), []),
        (state(parallel=3), []),
        (state(plan=plan(3), parallel=3), []),
    ],
)
def test_which_steps_can_be_made_at_one_time(now: RunState, expected: list[int]) -> None:
    assert ready(now) == expected


@st.composite
def plans(draw: st.DrawFn) -> RunState:
    needs = [
        draw(st.none() | st.lists(st.integers(1, index), max_size=3) if index else st.just([]))
        for index in range(draw(st.integers(1, 6)))
    ]
    step = draw(st.integers(0, len(needs)))
    attempts = {str(n + 1): 1 for n in range(step)}
    return needing(*needs, step=step, attempts=attempts, parallel=draw(st.integers(1, 4)))


@given(plans())
def test_what_is_made_at_one_time_needs_nothing_that_is_not_merged(now: RunState) -> None:
    found = ready(now)
    assert len(found) <= max(now.parallel, 0)
    assert len(found) != 1
    assert found == sorted(found)
    assert not found or found[0] == now.step
    for index in found:
        needs = (now.plan or {})["steps"][index]["depends_on"]
        assert all(n <= now.step for n in (range(1, index + 1) if needs is None else needs))


@given(plans())
def test_every_plan_comes_to_its_end(now: RunState) -> None:
    """One group after the other, or one step, whatever depends on what."""
    count = len((now.plan or {})["steps"])
    while now.step < count:
        made = [now.step, *ready(now)]
        attempts = {**now.attempts, **{str(index + 1): 1 for index in made}}
        step = now.step
        while str(step + 1) in attempts:
            step += 1
        assert step > now.step
        now = needing(
            *[one["depends_on"] for one in (now.plan or {})["steps"]],
            step=step,
            attempts=attempts,
            parallel=now.parallel,
        )


def test_the_merger_is_next_only_where_it_has_something_to_do() -> None:
    waiting = {"2": {"at": "", "step": 2}}
    assert to_merge(needing([], []))
    assert not to_merge(needing([], [], candidate=candidate()))
    assert not to_merge(needing([], [], attempts={"1": 1}))
    assert to_merge(needing([], [], step=1, attempts={"1": 1, "2": 1}, beside=waiting))
    assert not to_merge(needing([], [], attempts={"1": 1, "2": 1}, beside=waiting))
    assert to_merge(needing([], [], beside={"2": {"at": "implementer", "step": 1}}))
    assert not to_merge(state())


def test_several_write_at_one_time_and_an_empty_record_goes_away() -> None:
    one, other = {"at": "x"}, {"at": "y"}
    assert put(put({}, {"1": one}), {"2": other}) == {"1": one, "2": other}
    assert put({"1": one, "2": other}, {"1": {}}) == {"2": other}


def test_a_step_of_its_own_starts_on_the_head_without_what_others_left() -> None:
    now = needing([], [], head="h", findings=[{"x": 1}], tried=["m"], attempts={"1": 0, "2": 0})
    sent = run_of(RunState(**{**vars(now), "beside": {"2": begun(now, 1)}}), "2")
    assert (sent.step, sent.head, sent.apart) == (1, "h", True)
    assert (sent.findings, sent.tried, sent.attempts, sent.beside) == ([], [], {}, {})


def test_a_record_is_read_as_it_was_written_or_refused() -> None:
    """As when a checkpoint is gone on from, perhaps by another version."""
    form = TypeAdapter(RunState)
    now = needing([], [], head="h")
    good = {**begun(now, 1), "spent": {"cost_usd": 0.5}}
    assert form.validate_python({**vars(now), "beside": {"2": good}}).beside == {"2": good}
    for bad in ({**good, "at": "somewhere"}, {k: v for k, v in good.items() if k != "parent"}):
        with pytest.raises(ValidationError):
            form.validate_python({**vars(now), "beside": {"2": bad}})


def working(count: int, budget: Json, spent: Json) -> RunState:
    beside = {str(n): {"at": "implementer"} for n in range(count)}
    return state(task={"id": "t", "budget": budget}, spent=spent, beside=beside)


@pytest.mark.parametrize(
    ("count", "budget", "spent", "expected"),
    [
        (2, {}, {}, {}),
        (2, {"max_cost_usd": 1.0}, {"cost_usd": 0.5}, {"max_cost_usd": 0.25}),
        (2, {"max_cost_usd": 1.0}, {"cost_usd": 2.0}, {"max_cost_usd": 0.0}),
        (2, {"max_cost_usd": 1.0}, {"unpriced_calls": 1}, {"max_cost_usd": 0.0}),
        (4, {"max_seconds": 10.0}, {"seconds": 2.0}, {"max_seconds": 2.0}),
        (4, {"max_seconds": 10.0}, {"seconds": 20.0}, {"max_seconds": 1e-6}),
        (3, {"max_tokens": 1000}, {"input_tokens": 80, "output_tokens": 20}, {"max_tokens": 300}),
        (3, {"max_tokens": 10}, {"uncounted_calls": 1}, {"max_tokens": 1}),
        (1, {"max_tokens": None}, {}, {"max_tokens": None}),
    ],
)
def test_the_budget_is_shared(count: int, budget: Json, spent: Json, expected: Json) -> None:
    assert share(working(count, budget, spent)) == expected


def test_the_states_of_steps_beside_each_other() -> None:
    now = needing(
        [],
        [],
        [],
        [],
        [],
        attempts={"1": 1, "2": 0, "3": 1, "4": 3},
        beside={
            "1": {"at": "code_reviewer", "step": 0, "attempts": {"1": 1}},
            "2": {"at": "implementer", "step": 1, "attempts": {}},
            "3": {"at": "", "step": 3, "attempts": {"3": 1}},
            "4": {"at": "", "step": 3, "attempts": {"4": 3}},
        },
    )
    assert step_states(now, ("implementer", "code_reviewer")) == [
        "code_review",
        "implementing",
        "approved",
        "rejected",
        "pending",
    ]
    assert at_work(now) == {"1": "code_reviewer", "2": "implementer"}


@pytest.mark.parametrize(
    ("fields", "following", "expected"),
    [
        ({}, "merger", "plan_approved"),
        ({"attempts": {"1": 0}}, "implementer", "implementing"),
        ({"attempts": {"1": 0}}, "merger", "implementing"),
    ],
)
def test_the_tasks_state_around_the_merger(
    fields: dict[str, Any], following: str, expected: str
) -> None:
    assert task_state(needing([], [], **fields), [following]) == expected
