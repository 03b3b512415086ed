"""Where a value would become code, and where it may stand."""

import shlex

import pytest

from gatewright.plans.documents.checking import check
from gatewright.plans.documents.document import PlanFile
from gatewright.plans.variables.bound import bind


def plan_of(line: str, **variables: dict) -> PlanFile:
    command, *args = shlex.split(line)
    step = {"id": "a", "command": command, "args": args}
    return PlanFile.model_validate({"plan_id": "p", "steps": [step], "variables": variables})


@pytest.mark.parametrize(
    "line",
    [
        "sh -c 'echo ${X}'",
        "/bin/bash -c 'echo ${X}'",
        "bash -lc 'echo ${X}'",
        "bash -ec 'echo ${X}' name arg",
        "bash -euo pipefail -c 'echo ${X}'",
        "bash -eo pipefail -uc 'echo ${X}'",
        "bash -c -x 'echo ${X}'",
        "bash -c -- 'echo ${X}'",
        "bash --norc --rcfile f -c 'echo ${X}'",
        "dash -c 'echo ${X}'",
        "zsh -fc 'echo ${X}'",
        "ksh -c 'echo ${X}'",
        "env sh -c 'echo ${X}'",
        "env -i A=1 -u B -C /tmp B=2 sh -c 'echo ${X}'",
        "sudo -u root -E sh -c 'echo ${X}'",
        "nice -n 5 sh -c 'echo ${X}'",
        "nice -n5 sh -c 'echo ${X}'",
        "timeout -k 5 --signal KILL 10 bash -c 'echo ${X}'",
        "timeout 10 env A=1 nice sh -c 'echo ${X}'",
        "nohup setsid stdbuf -oL sh -c 'echo ${X}'",
        "find . -exec sh -c 'echo ${X}' ;",
        "xargs -n 1 sh -c 'echo ${X}'",
        "busybox sh -c 'echo ${X}'",
        "flock /tmp/l sh -c 'echo ${X}'",
    ],
)
def test_in_a_shells_code_the_text_stays(line):
    plan = plan_of(line)
    assert check(plan) == ()
    call = bind(plan, {"X": "$(touch hacked)"}).call(plan.steps[0], {}, lambda *_: "")
    assert call.argv == tuple(shlex.split(line))
    assert call.env == {"X": "$(touch hacked)"}


@pytest.mark.parametrize(
    "line",
    [
        "python -c 'print(${X})'",
        "python3.11 -Ic 'print(${X})'",
        "/usr/bin/python3 -W ignore -c 'print(${X})'",
        "python -c'print(${X})'",
        "env A=1 python -c 'print(${X})'",
        "perl -e 'print ${X}'",
        "perl -ne 'print ${X}' file",
        "perl -lane 'print ${X}'",
        "ruby -e 'puts ${X}'",
        "node -e 'log(${X})'",
        "node --eval 'log(${X})'",
        "node --eval='log(${X})'",
        "node -p '${X}'",
        "php -r 'echo ${X};'",
        "awk '{ print ${X} }' file",
        "awk -F , -v a=1 '{ print ${X} }'",
        "sed 's/a/${X}/' file",
        "sed -n -e 's/a/${X}/' file",
        "ssh host 'echo ${X}'",
        "ssh -p 22 host echo ${X}",
        "su -c 'echo ${X}' user",
        "env -S 'echo ${X}'",
        "env '-S${X}'",
        "flock -c 'echo ${X}'",
        "watch 'ls ${X}'",
        "${X} --version",
        "./${X}.sh",
        "env ${X}",
        "timeout ${X} true",
        "awk -f prog.awk ${X}",
        "sed -n p ${X}",
        "sed -n -e p file ${X}",
        "bash ${X}",
        "bash ${X} arg",
        "python ${X}",
        "sudo ${X}",
    ],
)
def test_elsewhere_it_needs_a_pattern(line):
    (problem,) = check(plan_of(line))
    assert problem.message.startswith("${X} ")
    assert "variables.X.pattern" in problem.fix
    assert check(plan_of(line, X={"pattern": "[a-z]+"})) == ()


@pytest.mark.parametrize(
    "line",
    [
        "echo ${X}",
        "git checkout ${X}",
        "python -m pytest -c ${X}",
        "python script.py ${X} -c ${X}",
        "bash script.sh ${X} -c ${X}",
        "bash -e script.sh ${X}",
        "bash dir/${X}.sh",
        "bash -c 'echo $1' name ${X}",
        "env A=${X} make",
        "timeout 5 mytool ${X}",
        "timeout 5 env A=1 mytool -c ${X}",
        "awk -v a=${X} '{ print a }' ${X}",
        "awk -f prog.awk -- ${X}",
        "sed -n p -- ${X}",
        "sed -n -- p ${X}",
        "sed -n -f prog.sed dir/${X}",
        "perl script.pl ${X}",
        "node app.js -e ${X}",
        "cp bash ${X}",
    ],
)
def test_an_argument_that_is_no_code_takes_any_value(line):
    plan = plan_of(line)
    assert check(plan) == ()
    call = bind(plan, {"X": "v w"}).call(plan.steps[0], {}, lambda *_: "")
    assert call.argv == tuple(word.replace("${X}", "v w") for word in shlex.split(line))


@pytest.mark.parametrize("line", ["python -c 'print(${X})'", "awk '${X}'", "${X} -v"])
def test_a_value_that_matches_its_pattern_is_put_into_the_text(line):
    plan = plan_of(line, X={"pattern": "[a-z]+"})
    call = bind(plan, {"X": "abc"}).call(plan.steps[0], {}, lambda *_: "")
    assert call.argv == tuple(word.replace("${X}", "abc") for word in shlex.split(line))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("print(${steps.a.stdout})", 1),
        ("print(${steps.a.captures.v})", 1),
        ("print(${steps.a.exit_code}, '${steps.a.status}')", 0),
    ],
)
def test_what_a_step_wrote_never_becomes_code(text, number):
    steps = [
        {"id": "a", "command": "true", "captures": {"v": ".*"}},
        {"id": "b", "command": "python", "args": ["-c", text], "depends_on": ["a"]},
    ]
    assert len(check(PlanFile.model_validate({"plan_id": "p", "steps": steps}))) == number
