import os
import time

import pytest

from gatewright.plans.documents.checking import check
from gatewright.plans.documents.document import PlanFile


def plan_of(*steps: dict, **rest) -> PlanFile:
    made = [{"id": f"s{number}", "command": "true", **step} for number, step in enumerate(steps)]
    return PlanFile.model_validate({"plan_id": "p", "steps": made, **rest})


def found(*steps: dict, **rest) -> list[tuple[str, str]]:
    return [(problem.path, problem.message) for problem in check(plan_of(*steps, **rest))]


def after(*names: str, **rest) -> dict:
    return {"depends_on": list(names), **rest}


def test_a_sound_plan_has_no_problems():
    assert found({}, after("s0"), after("s0"), after("s1", "s2")) == []


def test_a_plan_without_steps_is_none():
    assert found() == [("$.steps", "holds no step")]


def test_an_id_is_given_once():
    assert found({"id": "a"}, {"id": "b"}, {"id": "a"}) == [
        ("$.steps[2].id", "'a' is the id of $.steps[0] too")
    ]


def test_a_dependency_that_is_not_there_is_named_with_a_guess():
    (problem,) = check(plan_of({"id": "build"}, after("biuld")))
    assert problem.path == "$.steps[1].depends_on[0]"
    assert problem.message == "there is no step 'biuld'"
    assert problem.fix.startswith("Did you mean 'build'?")


def test_a_step_does_not_depend_on_itself():
    assert found(after("s0")) == [("$.steps[0].depends_on[0]", "step 's0' depends on itself")]


def test_a_dependency_is_named_once():
    assert found({}, after("s0", "s0")) == [("$.steps[1].depends_on[1]", "'s0' is named twice")]


def test_a_cycle_is_printed():
    assert found(after("s2"), after("s0"), after("s1"), after("s2")) == [
        ("$.steps[0].depends_on[0]", "steps depend on each other: s0 -> s2 -> s1 -> s0")
    ]


def test_every_knot_of_cycles_is_named_once():
    messages = [message for _, message in found(after("s1"), after("s0"), after("s3"), after("s2"))]
    assert messages == [
        "steps depend on each other: s0 -> s1 -> s0",
        "steps depend on each other: s2 -> s3 -> s2",
    ]


def test_a_long_cycle_is_told_in_short():
    steps = [after(f"s{(number + 1) % 5_000}") for number in range(5_000)]
    ((_, message),) = found(*steps)
    assert message.startswith("steps depend on each other: s0 -> s1 -> s2")
    assert message.endswith("-> ... -> s4999 -> s0")
    assert len(message) < 300


def test_a_request_over_the_capacity_is_refused():
    cores = os.cpu_count()
    assert found({"resources": {"cpu": cores + 1}}) == [
        ("$.steps[0].resources.cpu", f"step 's0' asks for {cores + 1} of {cores}")
    ]


def test_what_there_is_of_a_resource_is_said_once_for_all():
    assert (
        found({"resources": {"gpu": 2, "cpu": 99}}, globals={"resources": {"gpu": 2, "cpu": 99}})
        == []
    )


def test_a_resource_must_be_known():
    assert found({"resources": {"gpu": 1}}) == [
        ("$.steps[0].resources.gpu", "there is no resource 'gpu'")
    ]


def test_a_default_matches_its_own_pattern():
    variables = {"X": {"default": "a b", "pattern": r"\w+"}}
    assert found({}, variables=variables) == [
        ("$.variables.X.default", r"default must match '\\w+', and 'a b' does not")
    ]


def test_a_secret_does_not_stand_in_a_plan():
    variables = {"X": {"default": "hunter2", "secret": True}, "Y": {"default": "", "secret": True}}
    assert found({}, variables=variables) == [
        ("$.variables.X.default", "a secret would be stored with the plan")
    ]


@pytest.mark.parametrize("name", ["PATH", "IFS", "LD_PRELOAD", "GATEWRIGHT_HOME", "PLAN_ID"])
def test_some_names_are_no_variables(name):
    ((path, _),) = found({}, variables={name: {}})
    assert path == f"$.variables.{name}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("${x%y}", "'${x%y}' is no variable"),
        ("${}", "'${}' is no variable"),
        ("a ${x", "'${x' has no end"),
        ("${A:-${B}}", "a default holds no variables"),
        ("${steps.s0}", "'${steps.s0}' is no variable"),
        ("${steps.s0.out}", "'${steps.s0.out}' is no variable"),
        ("${PLAN_RUN_DIR}", "${PLAN_RUN_DIR} is known to the step's processes only"),
    ],
)
def test_an_unknown_form_is_refused(text, words):
    ((path, message),) = found({}, after("s0", args=["x", text]))
    assert (path, words in message) == ("$.steps[1].args[1]", True)


def test_a_shells_code_reads_only_outputs_that_are_there():
    ((_, message),) = found({}, after("s0", command="sh", args=["-c", "echo ${steps.s0.out}"]))
    assert message.endswith("is no output of a step")


def test_a_step_reads_only_what_comes_before_it():
    read = {"args": ["${steps.s0.stdout}"]}
    assert found({}, read, after("s0", **read), after("s2", **read)) == [
        ("$.steps[1].args[0]", "step 's1' reads 's0', which need not be over then")
    ]


def test_a_step_does_not_read_itself():
    assert found({"env": {"A": "${steps.s0.stdout}"}}) == [
        ("$.steps[0].env.A", "step 's0' reads itself")
    ]


def test_what_holds_for_all_reads_no_step():
    ((path, _),) = found({}, globals={"env": {"A": "${steps.s0.stdout}"}})
    assert path == "$.globals.env.A"


def test_a_capture_that_is_read_is_declared():
    steps = [{"captures": {"version": "v(.*)"}}, after("s0", args=["${steps.s0.captures.versoin}"])]
    (problem,) = check(plan_of(*steps))
    assert problem.message == "step 's0' captures no 'versoin'"
    assert "Did you mean 'version'?" in problem.fix


def test_a_condition_mentions_only_what_comes_before():
    steps = [{}, {"when": "failed('s0')"}, after("s0", when="failed('s0') and failed('s9')")]
    assert found(*steps) == [
        ("$.steps[1].when", "step 's1' reads 's0', which need not be over then"),
        ("$.steps[2].when", "there is no step 's9'"),
    ]


def test_a_condition_reads_only_declared_captures():
    assert found({}, after("s0", when="output('s0', 'x') == '1'")) == [
        ("$.steps[1].when", "step 's0' captures no 'x'")
    ]


def test_a_condition_that_cannot_be_read_is_named():
    ((path, message),) = found({}, after("s0", when="failed(s0)"))
    assert (path, message.startswith("column 8")) == ("$.steps[1].when", True)


def test_steps_in_a_cycle_are_not_told_that_they_read_too_early():
    read = {"args": ["${steps.s1.stdout}"]}
    steps = [after("s2"), after("s0"), after("s1"), after("s2", **read)]
    assert len(found(*steps)) == 1


@pytest.mark.parametrize("shape", ["chain", "grid", "fan"])
def test_ten_thousand_steps_are_checked_in_a_second(shape):
    before = {
        "chain": lambda n: [f"s{n - 1}"] if n else [],
        "grid": lambda n: [f"s{n - back}" for back in (100, 101) if n >= back],
        "fan": lambda n: [f"s{n // 100 * 100 - back}" for back in range(1, 11) if n >= 100],
    }[shape]
    read = {"when": "not failed('s0')", "args": ["${steps.s0.stdout}"]}
    steps = [after(*before(number)) for number in range(9_999)]
    # Far apart, so that who comes before whom must be reckoned.
    plan = plan_of(*steps, after("s9998", **read))
    started = time.process_time()
    problems = check(plan)
    assert time.process_time() - started < 1
    assert len(problems) in ({0} if shape == "chain" else {0, 2})
