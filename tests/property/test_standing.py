"""Where a task stands can be said of every state, and is sane along every run."""

from itertools import pairwise
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.task import StepState, TaskState
from graph.develop import NODES
from graph.standing import step_states, task_state, walked
from graph.state import RunState
from tests.property.runs import Play, replay, states

FOLLOWING = st.lists(st.sampled_from([*sorted(NODES), "__start__", "nobody"]), max_size=2)
PLAYS = st.builds(
    Play,
    choose=st.randoms(use_true_random=False),
    rejections=st.integers(1, 3),
    good=st.floats(0.3, 1),
)


@given(states(), FOLLOWING)
def test_every_state_has_a_name(state: RunState, following: list[str]) -> None:
    assert task_state(state, following) in get_args(TaskState)


@given(states(), FOLLOWING)
def test_every_step_of_the_plan_has_a_state(state: RunState, following: list[str]) -> None:
    steps = step_states(state, following)
    assert len(steps) == (len(state.plan["steps"]) if state.plan else 0)
    assert set(steps) <= set(get_args(StepState))


@given(PLAYS)
def test_a_run_walks_from_new_to_its_end(play: Play) -> None:
    replay(play, answers=3)
    seen = walked(play.history)
    last, following = play.history[-1]
    assert seen[0] == "new"
    assert seen[-1] == (last.outcome or "awaiting_human")
    assert all(before != after for before, after in pairwise(seen))
    assert ("awaiting_human" in seen) == any("await_human" in f for _, f in play.history)
    assert (not following) == bool(last.outcome)


@given(PLAYS)
def test_steps_are_approved_in_order_and_stay_so(play: Play) -> None:
    replay(play, answers=3)
    for state, following in play.history:
        done = [one in ("approved", "completed") for one in step_states(state, following)]
        assert done == sorted(done, reverse=True)
        assert sum(done) == (state.step if state.plan else 0)


@given(PLAYS)
def test_a_task_that_is_done_has_all_its_steps_completed(play: Play) -> None:
    replay(play, answers=3)
    state, following = play.history[-1]
    completed = set(step_states(state, following)) == {"completed"}
    assert completed == (state.outcome == "done")
