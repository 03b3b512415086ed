"""What is known of a run while it goes on."""

from collections import Counter
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from gatewright.cli.plans.board import Board
from gatewright.domain.plan_run import OVER, PlanEvent, StepResult, StepStatus
from tests.unit.cli.plan_told import event

STEPS = ("a", "b", "c", "d")


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_step_that_has_begun_is_going() -> None:
    clock = Clock()
    board = Board(STEPS, clock=clock)
    board.tell(event("step_started", "a", attempt=1))
    clock.now += 5
    assert {step: board.age(one) for step, one in board.going.items()} == {"a": 5.0}


def test_time_begins_with_the_first_event() -> None:
    clock = Clock()
    board = Board(STEPS, clock=clock)
    before = board.elapsed
    board.tell(event("run_started"))
    clock.now += 3
    assert (before, board.elapsed) == (None, 3.0)


def test_a_step_that_waits_for_its_next_attempt_says_for_how_long() -> None:
    clock = Clock()
    board = Board(STEPS, clock=clock)
    board.tell(event("step_started", "a", attempt=1))
    board.tell(event("step_retrying", "a", attempt=1, delay_s=30.0))
    clock.now += 10
    going = board.going["a"]
    assert (going.attempt, board.left(going), board.statuses["a"]) == (2, 20.0, "pending")


def test_what_is_over_goes_no_more() -> None:
    board = Board(STEPS)
    board.tell(event("step_started", "a", attempt=1))
    board.tell(event("step_ended", "a", attempt=1, status="failed"))
    assert (dict(board.going), board.over, board.share) == ({}, 1, 0.25)


def test_what_an_earlier_process_brought_to_its_end_counts() -> None:
    board = Board(STEPS, finished={"a": StepResult(status="succeeded")})
    assert (board.over, board.total) == (1, 4)


def test_a_step_that_was_left_out_is_not_counted() -> None:
    board = Board(STEPS)
    left_out = event("step_ended", "z", status="skipped")
    board.tell(left_out)
    assert (board.total, board.over, board.is_about(left_out)) == (4, 0, False)


def test_a_run_without_steps_is_over() -> None:
    assert Board(()).share == 1.0


def test_a_run_that_has_ended_runs_nothing() -> None:
    board = Board(STEPS)
    board.tell(event("step_started", "a", attempt=1))
    board.tell(event("run_ended", status="cancelled"))
    assert (board.status, dict(board.going)) == ("cancelled", {})


EVENTS = st.lists(
    st.one_of(
        st.builds(
            lambda s, n: event("step_started", s, attempt=n), st.sampled_from(STEPS), st.just(1)
        ),
        st.builds(
            lambda s: event("step_retrying", s, attempt=1, delay_s=1.0), st.sampled_from(STEPS)
        ),
        st.builds(
            lambda s, status: event("step_ended", s, status=status),
            st.sampled_from(STEPS),
            st.sampled_from([s for s in get_args(StepStatus) if s in OVER]),
        ),
    )
)


@given(EVENTS)
def test_counts_are_those_of_the_steps(events: list[PlanEvent]) -> None:
    board = Board(STEPS)
    for one in events:
        board.tell(one)
    assert +board.counts == Counter(board.statuses.values())
