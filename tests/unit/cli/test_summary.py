"""What a finished run prints, and what the command exits with."""

import json
from typing import Any

import pytest

from gatewright.cli.summary import exit_code, print_summary, result_json
from gatewright.domain.findings import Finding
from gatewright.domain.gate import CheckResult, GateReport
from gatewright.domain.human import Question, Stop
from gatewright.domain.result import TaskResult


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def result(**fields: Any) -> TaskResult:
    return TaskResult.model_validate(
        {"task_id": "t", "state": "done", "goal": "g", "repo": "/r", **fields}
    )


def question() -> Question:
    findings = (
        Finding(check="mypy", message="[arg-type] is [bold]wrong[/]", file="a.py", line=3),
        Finding(check="pytest", message="failed", rule="test_a.py::test_b"),
    )
    stop = Stop(
        at="quality_gate",
        kind="gate_failed",
        reason="the gate failed 3 times [red]",
        findings=findings,
        choices=("retry", "reject"),
    )
    return Question(task_id="t", goal="g", stop=stop, spent={})


def printed(capsys: pytest.CaptureFixture[str], shown: TaskResult) -> dict[str, str]:
    print_summary(shown)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    return {name: rest.strip() for name, _, rest in (line.partition("  ") for line in lines)}


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("done", 0),
        ("failed", 1),
        ("cancelled", 1),
        ("awaiting_human", 130),
        ("implementing", 130),
        ("new", 130),
    ],
)
def test_the_exit_code_is_that_of_the_state(state: str, code: int) -> None:
    assert exit_code(result(state=state)) == code


def test_a_person_is_asked_when_there_is_a_question() -> None:
    assert exit_code(result(state="awaiting_human", question=question())) == 3


def test_the_json_has_the_promised_keys_and_is_json() -> None:
    promised = {"task_id", "state", "branch", "commit", "base", "attempts", "models", "cost_usd"}
    promised |= {"input_tokens", "output_tokens", "duration_seconds", "findings", "log"}
    said = json.loads(json.dumps(result_json(result(question=question()))))
    assert promised <= set(said)
    assert said["cost_usd"] is None


def test_a_summary_says_what_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    gate = GateReport(
        passed=True,
        commit="c",
        checks=(CheckResult(check="pytest", status="passed", summary="", duration_s=1),),
        sandbox="bubblewrap",
        environment="own",
    )
    rows = printed(
        capsys,
        result(
            states=("new", "planning", "done"),
            models={"planner": ("a", "b")},
            attempts=2,
            cost_usd=0.00027,
            input_tokens=1000,
            output_tokens=200,
            duration_seconds=1.25,
            gate=gate,
            branch="gatewright/t",
            commit="c",
            log="/log.md",
        ),
    )
    assert rows["states"] == "new → planning → done"
    assert rows["planner"] == "a, b"
    assert rows["cost"] == "$0.0003"
    assert rows["tokens"] == "1000 in, 200 out"
    assert rows["branch"] == "gatewright/t in /r"
    assert rows["diff"] == "gatewright diff t"
    assert rows["log"] == "/log.md"
    assert rows["gate"] == "1 check passed (bubblewrap; own)"


def test_an_unknown_cost_is_not_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, result(cost_usd=None))["cost"] == "not known"


def test_a_question_is_printed_as_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(result(state="awaiting_human", question=question()))
    said = capsys.readouterr().out
    assert "the gate failed 3 times [red]" in said
    assert "[mypy] a.py:3: [arg-type] is [bold]wrong[/]" in said
    assert "[pytest test_a.py::test_b] failed" in said
    assert "gatewright resume t --retry" in said
    assert "--approve" not in said


def test_when_the_budget_is_used_up_it_says_how_to_raise_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stop = Stop(at="planner", kind="budget", reason="used up", choices=("retry", "reject"))
    asked = Question(task_id="t", goal="g", stop=stop, spent={})
    print_summary(result(state="awaiting_human", question=asked))
    assert "resume t --retry  with a raised --max-cost-usd" in capsys.readouterr().out


def test_an_edit_is_given_to_the_command_that_takes_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stop = Stop(at="plan_reviewer", kind="rejected", reason="no", choices=("edit", "reject"))
    asked = Question(task_id="t", goal="g", stop=stop, spent={})
    print_summary(result(state="awaiting_human", question=asked))
    assert "gatewright task t --edit FILE" in capsys.readouterr().out


def test_without_a_hint_it_does_not_say_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(result(state="implementing"), hint=False)
    assert "gatewright resume" not in capsys.readouterr().out


@pytest.mark.parametrize("state", ["implementing", "awaiting_human"])
def test_a_run_that_was_stopped_says_how_to_go_on(
    state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_summary(result(state=state))
    assert "gatewright resume t" in capsys.readouterr().out


def test_a_path_that_looks_like_markup_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    rows = printed(capsys, result(branch="b", repo="/src/[bold]shop[/]"))
    assert rows["branch"] == "b in /src/[bold]shop[/]"


def test_with_json_on_stdout_the_summary_is_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(result(), to_stderr=True)
    out, err = capsys.readouterr()
    assert (out, "state" in err) == ("", True)


def test_a_line_is_never_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    log = f"/{'long/' * 20}log.md"
    assert printed(capsys, result(log=log))["log"] == log
