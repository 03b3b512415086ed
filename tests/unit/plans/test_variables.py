import json
import subprocess

import pytest

from gatewright.domain.plan_run import StepResult
from gatewright.plans.documents.document import PlanFile
from gatewright.plans.documents.problems import PlanInvalid
from gatewright.plans.variables.bound import Bound, Call, bind

RESULTS = {
    "a": StepResult(status="failed", exit_code=3, attempts=1, captures={"v": "1.2"}),
    "a-b": StepResult(status="succeeded", exit_code=0, attempts=1),
    "a_b": StepResult(status="succeeded", exit_code=0, attempts=1),
}


def plan_of(*steps: dict, **rest) -> PlanFile:
    made = [{"id": f"s{number}", "command": "echo", **step} for number, step in enumerate(steps)]
    return PlanFile.model_validate({"plan_id": "p", "steps": made, **rest})


def called(bound: Bound) -> Call:
    """The last step's."""
    return bound.call(bound.plan.steps[-1], RESULTS, lambda step, stream: f"{step}'s {stream}")


def argument(text: str, given: dict[str, str] | None = None, **rest) -> str:
    return called(bind(plan_of({"args": [text]}, **rest), given or {})).argv[1]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("${X}", "x y"),
        ("<${X}>", "<x y>"),
        ("${X}${X}", "x yx y"),
        ("${NO:-default}", "default"),
        ("${NO:-}", ""),
        ("${EMPTY:-default}", "default"),
        ("${X:-default}", "x y"),
        ("$X $t $(date) $1 $", "$X $t $(date) $1 $"),
        ("$$", "$"),
        ("$${X}", "${X}"),
        ("$$$${X}", "$${X}"),
        ("$$${X}", "$x y"),
        ("${NO:-a $$5}", "a $5"),
        ("${steps.a.stdout}", "a's stdout"),
        ("${steps.a.stderr}", "a's stderr"),
        ("${steps.a.exit_code} ${steps.a.status}", "3 failed"),
        ("${steps.a.captures.v}", "1.2"),
        ("${steps.later.status}/${steps.later.exit_code}", "pending/"),
    ],
)
def test_in_a_word_values_take_the_place_of_variables(text, result):
    assert argument(text, {"X": "x y", "EMPTY": ""}, variables={"X": {}, "EMPTY": {}}) == result


def test_a_value_is_not_read_for_variables_again():
    assert argument("${X}", {"X": "${Y} $$ ${steps.a.stdout}"}) == "${Y} $$ ${steps.a.stdout}"


def test_a_default_is_taken_when_nothing_is_given():
    assert argument("${X}", variables={"X": {"default": "d"}}) == "d"


def test_what_is_given_goes_before_the_default():
    assert argument("${X}", {"X": "g"}, variables={"X": {"default": "d"}}) == "g"


def test_the_environment_of_the_engine_gives_no_values(monkeypatch):
    monkeypatch.setenv("FROM_OUTSIDE", "x")
    assert argument("${FROM_OUTSIDE:-nothing}") == "nothing"


def test_values_reach_everything_that_is_filled_in():
    step = {"env": {"A": "${X}"}, "cwd": "${X}/w", "inputs": ["${X}.in"], "outputs": ["${X}.out"]}
    call = called(bind(plan_of(step), {"X": "x"}))
    assert call == Call(
        argv=("echo",), env={"A": "x"}, cwd="x/w", inputs=("x.in",), outputs=("x.out",)
    )


def test_what_holds_for_all_steps_is_filled_in_too():
    everywhere = {"env": {"A": "${X}", "B": "b"}, "working_directory": "${X}"}
    plan = plan_of({"env": {"B": "mine"}, "cwd": "sub"}, {}, globals=everywhere)
    bound = bind(plan, {"X": "x"})
    first = bound.call(plan.steps[0], {}, lambda *_: "")
    assert (first.env, first.cwd) == ({"A": "x", "B": "mine"}, "x/sub")
    assert called(bound).cwd == "x"


def test_an_absolute_folder_of_a_step_stays():
    assert called(bind(plan_of({"cwd": "/t"}, globals={"working_directory": "w"}), {})).cwd == "/t"


SHELL = {"command": "sh", "args": ["-c", 'printf %s "${X}/${Y:-none}"']}


@pytest.mark.parametrize("value", ["'; touch hacked; '", '"$(id)"', "`id`", "a\nb", "$X", "--x"])
def test_a_shell_reads_values_from_its_environment(value, tmp_path):
    call = called(bind(plan_of(SHELL), {"X": value}))
    assert call.argv == ("sh", "-c", SHELL["args"][1])
    ran = subprocess.run(
        call.argv, env=dict(call.env), cwd=tmp_path, capture_output=True, check=True
    )
    assert ran.stdout.decode() == value + "/none"
    assert list(tmp_path.iterdir()) == []


def test_even_a_variable_with_a_pattern_is_left_for_the_shell():
    plan = plan_of(SHELL, variables={"X": {"pattern": "[a-z]+"}})
    assert called(bind(plan, {"X": "abc"})).argv[2] == SHELL["args"][1]


def test_what_a_step_wrote_gets_into_a_shell_by_a_name():
    code = 'echo "${steps.a.stdout}" ${steps.a.captures.v} $$HOME'
    call = called(bind(plan_of({"command": "bash", "args": ["-lc", code]}), {}))
    assert call.argv[2] == 'echo "${GW_STEPS_A_STDOUT}" ${GW_STEPS_A_CAPTURES_V} $HOME'
    assert call.env == {"GW_STEPS_A_STDOUT": "a's stdout", "GW_STEPS_A_CAPTURES_V": "1.2"}


def test_steps_with_names_alike_are_told_apart_in_a_shell():
    code = "${steps.a-b.stdout} ${steps.a_b.stdout} ${steps.a-b.stdout}"
    call = called(bind(plan_of({"command": "sh", "args": ["-c", code]}), {}))
    first, second = "GW_STEPS_A_B_STDOUT", "GW_STEPS_A_B_STDOUT_2"
    assert call.argv[2] == f"${{{first}}} ${{{second}}} ${{{first}}}"
    assert call.env == {first: "a-b's stdout", second: "a_b's stdout"}


@pytest.mark.parametrize(
    "code",
    ["${x%y}", "${#x}", "${x:0:1}", "${!x}", "${1}", "${@}", "\\${x}", "${x:=1}", "${", "$x"],
)
def test_other_forms_of_a_shell_stay_as_they_are(code):
    assert called(bind(plan_of({"command": "sh", "args": ["-c", code]}), {})).argv[2] == code


def test_in_a_default_of_a_shell_variables_are_read_too():
    plan = plan_of({"command": "sh", "args": ["-c", "echo ${X:-${Y}}"]})
    assert called(bind(plan, {"Y": "y"})).env == {"Y": "y"}


def test_what_the_environment_defines_is_the_shells_own():
    step = {"command": "sh", "args": ["-c", "${A} ${B} ${PLAN_RUN_DIR}"], "env": {"B": "b"}}
    call = called(bind(plan_of(step, globals={"env": {"A": "a"}}), {}))
    assert call.env == {"A": "a", "B": "b"}


def test_a_declared_variable_without_a_value_is_empty_for_a_shell():
    """And not what the engine's environment holds."""
    plan = plan_of({"command": "sh", "args": ["-c", "${X:-d}"]}, variables={"X": {}})
    assert called(bind(plan, {})).env == {"X": ""}


def test_nul_bytes_that_a_step_wrote_are_left_out():
    bound = bind(plan_of({"args": ["${steps.a.stdout}"]}), {})
    call = bound.call(bound.plan.steps[0], RESULTS, lambda *_: "a\x00b")
    assert call.argv == ("echo", "ab")


def test_only_what_is_read_is_asked_for():
    plan = plan_of({"args": ["${steps.a.status}"]}, {"args": ["${steps.a.stderr}"]})
    asked: list[tuple[str, str]] = []

    def output(step: str, stream: str) -> str:
        asked.append((step, stream))
        return ""

    for step in plan.steps:
        bind(plan, {}).call(step, RESULTS, output)
    assert asked == [("a", "stderr")]


def test_says_whom_a_step_reads():
    bound = bind(
        plan_of({}, {"args": ["${steps.s0.stdout}"], "env": {"E": "${steps.a.status}"}}), {}
    )
    assert (bound.reads("s0"), bound.reads("s1")) == (frozenset(), {"s0", "a"})


def problems(plan: PlanFile, given: dict[str, str]) -> list[str]:
    with pytest.raises(PlanInvalid) as caught:
        bind(plan, given)
    return [problem.message for problem in caught.value.problems]


def test_names_every_missing_variable_and_where_it_is_used():
    plan = plan_of(
        {"args": ["${A}", "x"], "env": {"E": "${B}"}},
        {"command": "sh", "args": ["-c", "echo ${A}"], "when": "var('C') == 'x'"},
        globals={"working_directory": "${D}"},
    )
    assert problems(plan, {}) == [
        "variable 'D' has no value; it is used in $.globals.working_directory",
        "variable 'A' has no value; it is used in $.steps[0].args[0] (step 's0'), "
        "$.steps[1].args[1] (step 's1')",
        "variable 'B' has no value; it is used in $.steps[0].env.E (step 's0')",
        "variable 'C' has no value; it is used in $.steps[1].when (step 's1')",
    ]


def test_a_hundred_places_are_not_all_told():
    (message,) = problems(plan_of(*[{"args": ["${A}"]}] * 100), {})
    assert message.endswith("$.steps[4].args[0] (step 's4') and 95 more places")


def test_a_variable_that_is_not_used_need_not_be_given():
    assert bind(plan_of({}, variables={"A": {}}), {}).values == {}


def test_an_unknown_name_is_refused_with_a_guess():
    with pytest.raises(PlanInvalid) as caught:
        bind(plan_of({"args": ["${BRANCH:-x}"]}), {"BRANHC": "y"})
    assert str(caught.value) == (
        "p: $.variables: 'BRANHC' is no variable of this plan. Did you mean 'BRANCH'? Leave it out."
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a;b", "must match '[a-z]+', and 'a;b' does not"),
        ("abc\n", "must match '[a-z]+'"),
        ("a\x00", "cannot hold a NUL"),
        ("\udcff", "must be UTF-8 text"),
        ("a" * 200_000, "takes 100000 bytes at most, and got 200000"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_places(value, words):
    plan = plan_of({"args": ["${X}"]}, variables={"X": {"pattern": "[a-z]+"}})
    (message,) = problems(plan, {"X": value})
    assert words in message
    assert message.endswith("; it is used in $.steps[0].args[0] (step 's0')")


def test_a_secret_that_does_not_fit_is_not_told():
    plan = plan_of({"args": ["${X}"]}, variables={"X": {"pattern": "[a-z]+", "secret": True}})
    (message,) = problems(plan, {"X": "S3CRET"})
    assert "S3CRET" not in message


@pytest.mark.parametrize("name", ["PATH", "LD_PRELOAD", "BASH_ENV", "PLAN_RUN_DIR", "GIT_SSH"])
def test_no_variable_changes_what_a_shell_does(name):
    plan = plan_of({"command": "sh", "args": ["-c", f"echo ${{{name}:-x}}"]})
    with pytest.raises(PlanInvalid):
        bind(plan, {name: "/tmp/evil"})


def test_secrets_are_masked_however_they_are_written():
    secret = 'p w/"quoted"&'
    plan = plan_of({"args": ["${X} ${Y}"]}, variables={"X": {"secret": True}, "Y": {}})
    bound = bind(plan, {"X": secret, "Y": "open"})
    assert bound.secrets == {"X"}
    written = f"{secret} {json.dumps(secret)} p%20w%2F%22quoted%22%26 cCB3LyJxdW90ZWQiJg open"
    assert bound.mask(written) == '*** "***" *** *** open'


def test_each_line_of_a_long_secret_is_masked():
    plan = plan_of({"args": ["${X}"]}, variables={"X": {"secret": True}})
    bound = bind(plan, {"X": "first-line\nsecond-line"})
    assert bound.mask("got second-line\n") == "got ***\n"


def test_of_two_secrets_that_begin_alike_the_longer_is_masked_whole():
    variables = {"X": {"secret": True, "default": "abc"}, "Y": {"secret": True, "default": "abcd"}}
    assert bind(plan_of({}, variables=variables), {}).mask("abcd") == "***"
