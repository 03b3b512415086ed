"""The deterministic rules for plans and changes, and the planner that needs no model."""

from typing import Any

import pytest

from agents.builtin import PLANNER, REPAIR, REVIEWER, is_builtin
from agents.builtin_planner import plan_by_rule
from agents.change_rules import check_change
from agents.plan_rules import MOST_STEPS, check_plan
from gatewright.domain.edit import Applied
from gatewright.domain.plan import Plan, Step
from gatewright.domain.policy import POLICIES
from gatewright.domain.review import Review
from gatewright.domain.task import Allowance, GateSpec, Risk, Task

STEP = Step(title="t", what="w")


def plan(*steps: Step, **fields: Any) -> Plan:
    return Plan(why="w", steps=steps, **fields)


def many(count: int) -> list[Step]:
    return [Step(title="t", what=f"w{n}") for n in range(count)]


def change(*files: str, added: int = 1, deleted: int = 0) -> Applied:
    return Applied(commit="c", tree="t", files=files, lines_added=added, lines_deleted=deleted)


def checked(
    task: Task, applied: Applied, *, step: Step = STEP, existing: tuple[str, ...] = ()
) -> Review:
    return check_change(task, step, applied, existing=existing)


@pytest.mark.parametrize("risk", ["low", "medium", "high"])
def test_a_plan_of_as_many_steps_as_its_risk_allows(task: Task, risk: Risk) -> None:
    at_risk = task.model_copy(update={"risk": risk})
    assert check_plan(at_risk, plan(*many(MOST_STEPS[risk]))).approved


@pytest.mark.parametrize(("risk", "most"), [("low", 5), ("medium", 10)])
def test_a_plan_of_more_steps_is_rejected(task: Task, risk: Risk, most: int) -> None:
    review = check_plan(task.model_copy(update={"risk": risk}), plan(*many(most + 1)))
    assert [finding.message for finding in review.findings] == [
        f"{most + 1} steps for a task of {risk} risk; at most {most}"
    ]


def test_a_step_that_repeats_another_is_rejected(task: Task) -> None:
    review = check_plan(task, plan(STEP, Step(title="other", what="w")))
    assert [finding.message for finding in review.findings] == [
        "step 2 says the same as a step before it"
    ]


@pytest.mark.parametrize(
    ("needs", "approved"), [(None, True), ((), True), ((1,), True), ((2,), False), ((3,), False)]
)
def test_a_step_depends_on_steps_before_it(
    task: Task, needs: tuple[int, ...] | None, approved: bool
) -> None:
    first, third = Step(title="a", what="a"), Step(title="c", what="c")
    review = check_plan(task, plan(first, Step(title="b", what="b", depends_on=needs), third))
    assert review.approved == approved


@pytest.mark.parametrize("needed", [0, -1, 2, 9])
def test_a_step_that_depends_on_none_before_it_is_named(task: Task, needed: int) -> None:
    review = check_plan(task, plan(STEP, Step(title="b", what="b", depends_on=(1, needed))))
    assert [finding.message for finding in review.findings] == [
        f"step 2 says that it depends on step {needed}; name steps before it, "
        "by their numbers from 1"
    ]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../../x", ".git/config", "a/.GIT/hooks/x", "", ".", "a/.."]
)
def test_an_unsafe_path_in_a_plan_is_rejected(task: Task, path: str) -> None:
    review = check_plan(task, plan(Step(title="t", what="w", files=("ok.py", path))))
    assert [finding.file for finding in review.findings] == [path]


@pytest.mark.parametrize("path", ["a.py", "src/a.py", ".github/x.yml", ".gitignore", "a..b/c"])
def test_a_safe_path_in_a_plan_is_accepted(task: Task, path: str) -> None:
    assert check_plan(task, plan(Step(title="t", what="w", files=(path,)))).approved


@pytest.mark.parametrize("risk", ["low", "medium", "high"])
def test_a_change_of_the_size_that_its_risk_allows(task: Task, risk: Risk) -> None:
    files = tuple(f"f{n}.py" for n in range(POLICIES[risk].changed_files))
    applied = change(*files, added=POLICIES[risk].changed_lines - 1, deleted=1)
    assert checked(task.model_copy(update={"risk": risk}), applied).approved


@pytest.mark.parametrize("risk", ["low", "medium", "high"])
def test_a_larger_change_is_rejected(task: Task, risk: Risk) -> None:
    files = tuple(f"f{n}.py" for n in range(POLICIES[risk].changed_files + 1))
    applied = change(*files, added=POLICIES[risk].changed_lines, deleted=1)
    review = checked(task.model_copy(update={"risk": risk}), applied)
    assert [finding.message.split()[1] for finding in review.findings] == ["lines", "files"]


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_a.py",
        "conftest.py",
        "tests/data/golden.json",
        "sub/pytest.ini",
        "mypy.ini",
        "ruff.toml",
        "sitecustomize.py",
        "src/x.pth",
    ],
)
def test_tests_and_the_configuration_of_the_checks_stay(task: Task, path: str) -> None:
    review = checked(task, change("src/a.py", path), existing=("src/a.py", path))
    assert [finding.file for finding in review.findings] == [path]
    assert not review.approved


@pytest.mark.parametrize("path", ["pyproject.toml", "setup.cfg", "tox.ini"])
def test_configuration_that_others_share_is_left_to_the_gate(task: Task, path: str) -> None:
    review = checked(task, change(path), existing=(path,))
    assert review.approved
    assert [(f.file, f.severity) for f in review.findings] == [(path, "warning")]


@pytest.mark.parametrize("path", ["conftest.py", "tests/conftest.py", "pytest.ini", "a.pth"])
def test_what_changes_the_meaning_of_tests_is_not_added(task: Task, path: str) -> None:
    assert not checked(task, change(path)).approved


@pytest.mark.parametrize(
    ("path", "allowed"), [("tests/test_a.py", "tests"), ("mypy.ini", "configuration")]
)
def test_what_the_task_allows_is_noted(task: Task, path: str, allowed: Allowance) -> None:
    allowing = task.model_copy(update={"gate": GateSpec(allow=(allowed,))})
    review = checked(allowing, change(path), existing=(path,))
    assert review.approved
    assert [(f.file, f.severity) for f in review.findings] == [(path, "note")]


def test_a_new_test_may_be_added(task: Task) -> None:
    review = checked(task, change("src/a.py", "tests/test_new.py"), existing=("src/a.py",))
    assert review.approved


def test_a_file_outside_of_the_step_is_a_warning(task: Task) -> None:
    step = Step(title="t", what="w", files=("a.py",))
    review = checked(task, change("a.py", "b.py", "tests/test_b.py"), step=step)
    assert review.approved
    assert [(f.file, f.severity) for f in review.findings] == [("b.py", "warning")]


def test_a_step_that_names_no_files_has_no_outside(task: Task) -> None:
    assert checked(task, change("anything.py")).findings == ()


def test_the_plan_by_rule_states_the_task(task: Task) -> None:
    made = plan_by_rule(task)
    assert [(step.title, step.what) for step in made.steps] == [
        (
            "Fix paging",
            "Make these tests pass without changing any test: tests/test_paging.py.\n"
            "Criterion: Page 3 has one row.\n"
            "Constraint: Keep the API.",
        )
    ]
    assert check_plan(task, made).approved


@pytest.mark.parametrize(
    ("goal", "title"),
    [
        ("x" * 72, "x" * 72),
        ("x" * 73, "x" * 69 + "..."),
        ("\x1c\nMend it", "Mend it"),
        ("\x1c", "Reach the goal"),
        ("a\u2028b", "a"),
    ],
)
def test_the_title_of_the_plan_by_rule(task: Task, goal: str, title: str) -> None:
    assert plan_by_rule(task.model_copy(update={"goal": goal})).steps[0].title == title


def test_the_plan_by_rule_of_a_task_with_very_many_criteria(task: Task) -> None:
    long = task.model_copy(update={"acceptance_criteria": ("x" * 2000,) * 10})
    assert len(plan_by_rule(long).steps[0].what) == 4000


def test_which_names_need_no_model() -> None:
    assert all(is_builtin(name) for name in (PLANNER, REVIEWER, REPAIR))
    assert not is_builtin("openai/builtin")
