"""Events of plans as lines of JSON."""

import json
import string
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.plan_run import PlanEvent, PlanEventKind
from gatewright.storage.plans.lines import event_of, line_of
from tests.unit.storage.plan_samples import ended, event

ANY = st.text(st.characters(codec=None), max_size=20)  # half surrogate pairs as well
EVENTS = st.builds(
    PlanEvent,
    kind=st.sampled_from(get_args(PlanEventKind)),
    run_id=st.text(string.ascii_letters, min_size=1),
    at=st.just("2026-01-01T10:00:00.000+00:00"),
    step=st.none() | st.text(string.ascii_letters, min_size=1),
    attempt=st.none() | st.integers(1, 9),
    exit_code=st.none() | st.integers(0, 255),
    timed_out=st.none() | st.booleans(),
    duration_s=st.none() | st.floats(0, 1e9),
    unchanged=st.none() | st.booleans(),
    captures=st.none() | st.dictionaries(ANY, ANY, max_size=3),
    reason=ANY,
)


@given(EVENTS, st.integers(1, 10**6))
def test_a_line_is_one_line_of_utf8_and_reads_back_as_the_event(
    one: PlanEvent, number: int
) -> None:
    line = line_of(one, number)
    assert line.encode("utf-8").splitlines() == [line.encode("utf-8")]
    assert event_of(line) == one


def test_a_line_has_its_number_and_nothing_that_is_empty() -> None:
    line = line_of(ended(exit_code=0, captures={"v": "1.2"}), 7)
    assert json.loads(line) == {
        "number": 7,
        "kind": "step_ended",
        "run_id": "r1",
        "at": "2026-01-01T10:00:00.000+00:00",
        "step": "a",
        "attempt": 1,
        "status": "succeeded",
        "exit_code": 0,
        "captures": {"v": "1.2"},
    }


def test_what_a_later_version_says_is_left_out() -> None:
    said = {**json.loads(line_of(event("run_started"), 1)), "mood": "good"}
    assert event_of(json.dumps(said)) == event("run_started")


@pytest.mark.parametrize("line", ["", "[]", "3", "{}", '{"kind": "run_started"}', "{"])
def test_what_is_no_event_is_refused(line: Any) -> None:
    with pytest.raises(ValueError):
        event_of(line)
