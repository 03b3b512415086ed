"""The commands for people on a task that asks: `review`, `task`, `summary`, `active`, `log`, ..."""

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gatewright.app import Gatewright as Api
from gatewright.cli.task_answer import as_yaml
from gatewright.routing_settings import BUILTIN
from tests.support.openai_server import served
from tests.support.projects import sample_task
from tests.support.scripts import MODEL, PLAN, REJECTED, REVIEWER, fix, says, script
from tests.unit.cli.conftest import Gatewright

COMMAND = Path(sys.executable).with_name("gatewright")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose task `t` has used up its time, and asks."""
    folder = tmp_path_factory.mktemp("asking")
    task = sample_task(folder / "work", id="t", budget={"max_seconds": 1e-6})
    with Api(home=folder / "home", routing=BUILTIN) as api:
        assert api.run(task).state == "awaiting_human"
    return folder / "home"


@pytest.fixture
def asking(made: Path, gatewright: Gatewright) -> Gatewright:
    """The command on a copy of that home."""
    shutil.copytree(made, gatewright.home)
    gatewright.settings("".join(["[routing]\n", *(f'{k} = "{v}"\n' for k, v in BUILTIN.items())]))
    return gatewright


def test_the_queue_as_json_has_all_that_a_person_needs(asking: Gatewright) -> None:
    [one] = asking("review", "--json").json["waiting"]
    question = one["question"]
    assert (one["task_id"], one["about"], one["status"]) == ("t", "budget", "the budget is used up")
    assert question["stop"]["choices"] == ["retry", "reject"]
    assert {"goal", "plan", "diff", "concerns", "left", "spent"} <= set(question)


def test_without_a_terminal_the_queue_is_printed(asking: Gatewright) -> None:
    said = asking("review")
    assert (said.code, said.lines[0].split(" (")[0]) == (0, "t the budget is used up")
    assert said.lines[-1].startswith("1 waiting")


def test_a_summary_counts_states_and_says_who_waits(asking: Gatewright) -> None:
    found = asking("summary", "--json").json
    assert (found["tasks"], found["states"], found["active"]) == (1, {"awaiting_human": 1}, [])
    assert [one["task_id"] for one in found["review"]["waiting"]] == ["t"]
    assert set(found["costs"]) >= {"today_usd", "month_usd", "all_usd"}


def test_a_summary_is_printed(asking: Gatewright) -> None:
    lines = asking("summary").lines
    assert lines[0] == "1 task: 1 awaiting_human"
    assert lines[1] == "cost: $0.0000 today, $0.0000 this month, $0.0000 in all"
    assert "Nothing is under way." in lines
    assert any(line.startswith("t the budget is used up") for line in lines)


def test_what_asks_is_not_active(asking: Gatewright) -> None:
    assert asking("active", "--json").json == {"active": []}


def test_tasks_are_listed_by_state(asking: Gatewright) -> None:
    listed = [
        one["task_id"]
        for one in asking("list", "--state", "awaiting_human", "--json").json["tasks"]
    ]
    others = asking("list", "--state", "done,failed", "--json").json["tasks"]
    assert (listed, others) == (["t"], [])


def test_a_state_that_there_is_not_is_named(gatewright: Gatewright) -> None:
    said = gatewright("list", "--state", "done,asleep", "--json")
    assert (said.code, said.json["field"], said.json["value"]) == (2, "--state", "asleep")


def test_a_task_is_shown_with_its_history_and_how_to_answer(asking: Gatewright) -> None:
    lines = asking("task", "t").lines
    assert any(re.fullmatch(r"\S+ accepted by \S+", line) for line in lines)
    assert any("ended: awaiting_human" in line for line in lines)
    assert lines[-2:] == [
        "gatewright task t --budget usd=..,tokens=..,seconds=..",
        "gatewright task t --reject --reason TEXT",
    ]


def test_a_task_as_json_has_result_question_and_history(asking: Gatewright) -> None:
    found = asking("task", "t", "--json").json
    assert (found["state"], found["waiting"]["task_id"]) == ("awaiting_human", "t")
    assert [one["kind"] for one in found["history"]][:2] == ["accepted", "began"]


def test_a_rejection_ends_the_task_with_its_reason(asking: Gatewright) -> None:
    said = asking("task", "t", "--reject", "--reason", "not worth it", "--json")
    assert (said.code, said.json["state"]) == (1, "failed")
    [answer] = [h["answer"] for h in asking("task", "t", "--json").json["history"] if h["answer"]]
    assert (answer["action"], answer["note"]) == ("reject", "not worth it")


def test_an_answer_may_be_kept_for_later(asking: Gatewright) -> None:
    kept = asking("task", "t", "--reject", "--reason", "no", "--later", "--json")
    [one] = asking("review", "--json").json["waiting"]
    assert (kept.code, kept.json) == (0, {"task_id": "t", "answered": True})
    assert (one["answered"]["action"], one["answered"]["note"]) == ("reject", "no")
    assert asking("resume", "t", "--json").json["state"] == "failed"


def test_a_question_is_answered_once(asking: Gatewright) -> None:
    asking("task", "t", "--reject", "--reason", "no", "--later")
    again = asking("task", "t", "--budget", "seconds=none", "--json")
    assert (again.code, again.json["field"]) == (2, "answer")
    assert "answered 'reject'" in again.json["message"]


def test_an_answer_for_another_question_is_refused(asking: Gatewright) -> None:
    said = asking("task", "t", "--budget", "seconds=none", "--question", "another", "--json")
    assert (said.code, said.json["field"]) == (2, "--question")


@pytest.mark.parametrize(
    ("flags", "field"),
    [(("--approve",), "answer"), (("--reject",), "--reason"), (("--budget", "1"), "--budget")],
)
def test_what_is_no_answer_is_refused(
    asking: Gatewright, flags: tuple[str, ...], field: str
) -> None:
    said = asking("task", "t", *flags, "--json")
    assert (said.code, said.json["field"]) == (2, field)
    assert asking("review", "--json").json["waiting"][0]["answered"] is None


@pytest.mark.parametrize("command", ["task", "cancel", "log"])
def test_an_unknown_task_is_bad_input(gatewright: Gatewright, command: str) -> None:
    said = gatewright(command, "nobody", "--json")
    assert (said.code, said.json["field"]) == (2, "task")


def test_a_cancelled_task_says_why(asking: Gatewright) -> None:
    said = asking("cancel", "t", "--reason", "changed our minds", "--json")
    history = asking("task", "t", "--json").json["history"]
    assert (said.code, said.json["state"]) == (0, "cancelled")
    assert "changed our minds" in [one["detail"] for one in history]


def test_what_is_cancelled_asks_nobody(asking: Gatewright) -> None:
    asking("cancel", "t")
    assert asking("review", "--json").json["waiting"] == []


def test_the_log_is_printed_and_followed_to_its_end(asking: Gatewright) -> None:
    whole = asking("log", "t").out
    followed = asking("log", "t", "--follow").out
    assert "**human_review**" in whole
    assert followed == whole


def test_the_log_as_json_is_one_object_or_one_a_line(asking: Gatewright) -> None:
    assert asking("log", "t", "--json").json["log"].startswith("# t\n")
    first = asking("log", "t", "--follow", "--json").out.splitlines()[0]
    assert first == '{"line": "# t"}'


def test_nothing_is_cleaned_of_what_asks(asking: Gatewright) -> None:
    assert asking("clean", "--force", "--json").json == {"tasks": [], "removed": []}


@pytest.mark.slow
def test_a_persons_plan_takes_the_place_of_a_rejected_one(
    gatewright: Gatewright, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_PROVIDER_KEY", "sk-test")
    quick = {"pytest": ["tests/test_account.py"], "mypy": False, "ruff": False}
    task = sample_task(tmp_path / "work", id="t", gate=quick)
    (tmp_path / "task.json").write_text(json.dumps(task))
    plan = {**PLAN, "why": "A person knows better."}
    (tmp_path / "plan.yaml").write_text(as_yaml(plan))
    answers = script(plan_reviewer=[says(REJECTED)], implementer=[says(fix("whole"))])
    with served(answers, tmp_path) as provider:
        spec = f'api_base = "{provider.url}"\napi_key_env = "TEST_PROVIDER_KEY"\n'
        roles = ("planner", MODEL), ("plan_reviewer", REVIEWER), ("implementer", MODEL)
        rows = [f'{role} = "{model}"\n' for role, model in (*roles, ("code_reviewer", REVIEWER))]
        models = [f'[models."{model}"]\n{spec}' for model in (MODEL, REVIEWER)]
        gatewright.settings("".join(["[routing]\n", *rows, *models]))
        asked = gatewright("run", tmp_path / "task.json", "--json")
        done = gatewright("task", "t", "--edit", tmp_path / "plan.yaml", "--json")
    assert (asked.code, asked.json["question"]["stop"]["at"]) == (3, "plan_reviewer")
    assert (done.code, done.json["state"]) == (0, "done"), done.err
    assert "human" in done.json["models"]["planner"]


class Screen:
    """A command at a terminal."""

    def __init__(self, running: "subprocess.Popen[bytes]", terminal: int) -> None:
        self.running, self._terminal = running, terminal
        self.text = ""

    def wait_for(self, text: str, *, seconds: float = 60) -> None:
        """Read until the screen has this after what was read before."""
        before, ends = len(self.text), time.monotonic() + seconds
        while text not in self.text[before:]:
            left = ends - time.monotonic()
            assert left > 0, f"{text!r} did not come:\n{self.text}"
            if select.select([self._terminal], [], [], left)[0]:
                self.text += os.read(self._terminal, 65_536).decode(errors="replace")

    def press(self, key: str, *, seconds: float = 60) -> None:
        """As a person would, who sees that a key is waited for: keys before that are dropped, so
        that none answers a question which is not on the screen yet."""
        ends = time.monotonic() + seconds
        while termios.tcgetattr(self._terminal)[3] & termios.ICANON:
            assert time.monotonic() < ends, f"no key is waited for:\n{self.text}"
            select.select([], [], [], 0.01)
        self.type(key)

    def type(self, line: str) -> None:
        """Into a line that is asked for."""
        os.write(self._terminal, line.encode())


@contextmanager
def screen(*arguments: str, **environment: str) -> Iterator[Screen]:
    """`gatewright ...` at a terminal of its own."""
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [str(COMMAND), *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm", **environment},
    )
    os.close(theirs)
    try:
        yield Screen(running, ours)
    finally:
        running.kill()
        running.wait()
        os.close(ours)


@pytest.mark.slow
def test_at_a_terminal_a_person_is_asked_and_the_task_goes_on(asking: Gatewright) -> None:
    with screen("review") as at:
        at.wait_for("quit")
        at.press("r")
        at.wait_for("Why")
        at.type("not worth it\n")
        at.wait_for("failed")
        assert at.running.wait(60) == 1
    [answer] = [h["answer"] for h in asking("task", "t", "--json").json["history"] if h["answer"]]
    assert (answer["action"], answer["note"]) == ("reject", "not worth it")
