"""What may start, and what never will."""

import pytest

from gatewright.domain.errors import InputError
from gatewright.domain.plan_run import StepResult
from gatewright.plans.scheduling.nodes import Changes, Node
from gatewright.plans.scheduling.schedule import Schedule

OK = StepResult(status="succeeded")
FAILED = StepResult(status="failed", exit_code=3)
CANCELLED = StepResult(status="cancelled")


def begun(*nodes: Node) -> Schedule:
    """With everything started that is ready at first."""
    schedule = Schedule(nodes)
    start(schedule, schedule.begin())
    return schedule


def start(schedule: Schedule, changes: Changes) -> Changes:
    for step in changes.ready:
        schedule.start(step)
    return changes


def test_what_depends_on_nothing_is_ready_in_the_order_of_the_plan() -> None:
    schedule = Schedule([Node(id="b"), Node(id="c", depends_on=("b",)), Node(id="a")])
    assert schedule.begin() == Changes(ready=["b", "a"], skipped=[], cancelled=[], stop=[])


def test_a_join_is_ready_once_when_the_last_of_its_dependencies_is_over() -> None:
    schedule = begun(Node(id="a"), Node(id="b"), Node(id="c", depends_on=("a", "b", "a")))
    assert not schedule.end("a", OK).ready
    assert schedule.end("b", OK).ready == ["c"]


def test_an_abort_stops_what_runs_and_cancels_what_has_not_begun() -> None:
    schedule = begun(Node(id="a"), Node(id="b"), Node(id="c", depends_on=("a",)))
    assert schedule.end("a", FAILED) == Changes([], [], ["c"], ["b"])


def test_an_abort_cancels_what_was_ready_and_not_started() -> None:
    schedule = Schedule([Node(id="a"), Node(id="b")])
    schedule.begin()
    schedule.start("a")
    assert schedule.end("a", FAILED).cancelled == ["b"]
    assert schedule.over


def test_an_abort_leaves_cleanup_steps_running() -> None:
    schedule = begun(Node(id="a"), Node(id="always", when="always"), Node(id="b"))
    assert schedule.end("a", FAILED).stop == ["b"]


def test_cleanup_steps_run_after_an_abort() -> None:
    schedule = begun(
        Node(id="a"),
        Node(id="b", depends_on=("a",)),
        Node(id="rollback", depends_on=("b",), when="failure"),
        Node(id="release", depends_on=("rollback",), when="always"),
    )
    assert schedule.end("a", FAILED) == Changes(["rollback"], [], ["b"], [])
    schedule.start("rollback")
    assert schedule.end("rollback", OK).ready == ["release"]


def test_a_cleanup_step_waits_until_what_is_being_stopped_before_it_is_over() -> None:
    schedule = begun(
        Node(id="slow"),
        Node(id="bad"),
        Node(id="next", depends_on=("slow",)),
        Node(id="cleanup", depends_on=("next",), when="always"),
    )
    assert schedule.end("bad", FAILED) == Changes([], [], ["next"], ["slow"])
    assert schedule.end("slow", CANCELLED).ready == ["cleanup"]


def test_skip_dependents_skips_all_that_come_after_at_once() -> None:
    schedule = begun(
        Node(id="a", policy="skip_dependents"),
        Node(id="slow"),
        Node(id="b", depends_on=("a", "slow")),
        Node(id="c", depends_on=("b",)),
    )
    assert schedule.end("a", FAILED) == Changes([], ["b", "c"], [], [])


def test_abort_of_a_step_that_is_not_critical_is_skip_dependents() -> None:
    schedule = begun(Node(id="a", critical=False), Node(id="b"), Node(id="c", depends_on=("a",)))
    assert schedule.end("a", FAILED) == Changes([], ["c"], [], [])
    schedule.end("b", OK)
    assert schedule.status == "succeeded"


def test_continue_lets_dependents_run() -> None:
    schedule = begun(Node(id="a", policy="continue"), Node(id="b", depends_on=("a",)))
    assert schedule.end("a", FAILED).ready == ["b"]


def test_a_critical_failure_makes_the_run_failed_whatever_its_policy() -> None:
    schedule = begun(Node(id="a", policy="continue"))
    schedule.end("a", FAILED)
    assert schedule.status == "failed"


def test_a_dependent_of_a_skipped_step_is_skipped() -> None:
    schedule = begun(
        Node(id="a"),
        Node(id="b", depends_on=("a",), when="failure"),
        Node(id="c", depends_on=("b",)),
    )
    assert schedule.end("a", OK).skipped == ["b", "c"]


def test_failure_sees_ancestors_through_skipped_steps() -> None:
    schedule = begun(
        Node(id="a", policy="skip_dependents"),
        Node(id="b", depends_on=("a",)),
        Node(id="c", depends_on=("b",), when="failure"),
    )
    assert schedule.end("a", FAILED).ready == ["c"]


def test_failure_without_dependencies_waits_for_all_others() -> None:
    schedule = begun(
        Node(id="alarm", when="failure"),
        Node(id="a", policy="skip_dependents"),
        Node(id="b"),
        Node(id="last", depends_on=("b",), when="always"),
    )
    assert not schedule.end("a", FAILED).ready
    assert schedule.end("b", OK).ready == ["alarm", "last"]


def test_failure_without_dependencies_is_skipped_when_all_went_well() -> None:
    schedule = begun(Node(id="alarm", when="failure"), Node(id="a"))
    assert schedule.end("a", OK).skipped == ["alarm"]


def test_two_alarms_with_dependents_do_not_wait_for_each_other() -> None:
    schedule = begun(
        Node(id="one", when="failure"),
        Node(id="two", when="failure"),
        Node(id="after_one", depends_on=("one",)),
        Node(id="after_two", depends_on=("two",)),
        Node(id="a", policy="continue"),
    )
    assert schedule.end("a", FAILED).ready == ["one", "two"]


def test_a_condition_is_asked_once_with_what_its_ancestors_came_to() -> None:
    asked: list[dict[str, StepResult]] = []
    schedule = begun(
        Node(id="a", policy="continue"),
        Node(id="b", depends_on=("a",), when=lambda results: bool(asked.append(dict(results)))),
    )
    assert schedule.end("a", FAILED).skipped == ["b"]
    assert asked == [{"a": FAILED}]


def test_a_condition_that_holds_runs_after_an_abort() -> None:
    schedule = begun(
        Node(id="a"),
        Node(id="b", depends_on=("a",), when=lambda results: results["a"].exit_code == 3),
    )
    assert schedule.end("a", FAILED).ready == ["b"]


def test_a_cancel_stops_as_an_abort_does() -> None:
    schedule = begun(
        Node(id="a"),
        Node(id="b", depends_on=("a",)),
        Node(id="release", depends_on=("b",), when="always"),
    )
    assert schedule.cancel() == Changes([], [], ["b"], ["a"])
    assert schedule.end("a", CANCELLED).ready == ["release"]
    schedule.start("release")
    schedule.end("release", OK)
    assert schedule.status == "cancelled"


def test_a_second_cancel_stops_cleanup_steps_too() -> None:
    schedule = begun(Node(id="a", when="always"), Node(id="b", depends_on=("a",), when="always"))
    assert schedule.cancel() == Changes([], [], [], [])
    assert schedule.cancel() == Changes([], [], ["b"], ["a"])


def test_a_cancel_of_what_is_over_changes_nothing() -> None:
    schedule = begun(Node(id="a"))
    schedule.end("a", OK)
    schedule.cancel()
    assert schedule.status == "succeeded"


def test_results_from_before_are_not_started() -> None:
    schedule = Schedule([Node(id="a"), Node(id="b", depends_on=("a",))], finished={"a": OK})
    assert schedule.begin().ready == ["b"]


def test_a_failure_from_before_aborts() -> None:
    schedule = Schedule([Node(id="a"), Node(id="b")], finished={"a": FAILED})
    assert schedule.begin().cancelled == ["b"]
    assert schedule.status == "failed"


def test_nothing_to_do_is_over_and_a_success() -> None:
    assert Schedule([]).status == "succeeded"


def test_a_layered_graph_with_a_failure_at_its_root_is_skipped_in_linear_time() -> None:
    # 100 layers of 20, each on all of the layer before: paths grow as 20 ** 100.
    layers = [[f"n{layer}_{i}" for i in range(20)] for layer in range(100)]
    nodes = [Node(id="root", policy="skip_dependents")]
    before = ["root"]
    for layer in layers:
        nodes += [Node(id=name, depends_on=tuple(before)) for name in layer]
        before = layer
    schedule = begun(*nodes)
    assert len(schedule.end("root", FAILED).skipped) == 2000


def test_a_chain_of_20_000_is_cancelled_without_recursion() -> None:
    nodes = [Node(id="0")] + [Node(id=str(i), depends_on=(str(i - 1),)) for i in range(1, 20_000)]
    assert len(begun(*nodes).end("0", FAILED).cancelled) == 19_999


@pytest.mark.parametrize(
    ("nodes", "named"),
    [
        ([Node(id="a"), Node(id="a")], "'a'"),
        ([Node(id="a", depends_on=("x",))], "'x'"),
        ([Node(id="a", depends_on=("a",))], "'a'"),
        ([Node(id="a", depends_on=("b",)), Node(id="b", depends_on=("a",))], "['a', 'b']"),
    ],
)
def test_a_graph_that_is_none_is_refused(nodes: list[Node], named: str) -> None:
    with pytest.raises(InputError) as caught:
        Schedule(nodes)
    assert named in str(caught.value)


def test_only_what_is_ready_can_be_started() -> None:
    schedule = begun(Node(id="a"))
    with pytest.raises(ValueError, match="'a' is running"):
        schedule.start("a")


def test_only_what_runs_can_be_ended() -> None:
    schedule = Schedule([Node(id="a")])
    schedule.begin()
    with pytest.raises(ValueError, match="'a' is ready"):
        schedule.end("a", OK)
