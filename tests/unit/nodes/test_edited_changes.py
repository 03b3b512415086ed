"""A person's diff takes the place of the change at hand, held to the same rules."""

from pathlib import Path
from typing import Any

import pytest

from gatewright.domain.secret_forms import REDACTED
from graph.context import Limits
from nodes.asking import CUT, MOST_DIFF
from tests.support.projects import git
from tests.unit.nodes.bench import START, TWO_STEPS, Bench, failed, rejected, written

ONCE = Limits(rejections=1)
THEIRS = "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+deux\n three\n"
MODELS = written("one\nzwei\nthree\n")


def bench(folder: Path, **more: Any) -> Bench:
    given = {"implementer": [MODELS], "code_reviewer": [rejected("No.")], "limits": ONCE}
    return Bench(folder, **{**given, **more})


def text(bench: Bench, commit: str, path: str = "a.txt") -> str:
    return git(bench.repo, "show", f"{commit}:{path}")


async def test_the_question_shows_what_was_rejected(tmp_path: Path) -> None:
    one = bench(tmp_path)
    asked = await one.run()
    assert asked is not None
    assert "-two\n+zwei\n" in asked.diff
    assert asked.stop.choices == ("approve", "edit", "retry", "reject")
    assert asked.concerns[-1] == "code reviewer (code_reviewer), rejected: It does not do."
    assert [(s["role"], s["calls"], s["cost_usd"]) for s in asked.spent["by"]] == [
        ("planner", 1, 0.25),
        ("plan_reviewer", 1, 0.25),
        ("implementer", 1, 0.25),
        ("code_reviewer", 1, 0.25),
    ]


async def test_a_persons_change_goes_to_the_gate_without_another_review(tmp_path: Path) -> None:
    one = bench(tmp_path)
    await one.run()
    assert await one.answer("edit", diff=THEIRS) is None
    state = await one.state()
    assert one.gate.checked == [state.head]
    assert text(one, state.head) == "one\ndeux\nthree\n"
    assert git(one.repo, "rev-parse", f"{state.head}^").strip() == state.base_commit
    assert "Gatewright-Author: human" in git(one.repo, "log", "-1", "--format=%B", state.head)
    assert one.calls("code_reviewer") == 1
    assert state.models["implementer"] == ["implementer", "human"]
    assert state.attempts == {"1": 2}


async def test_what_a_person_replaces_was_not_good(tmp_path: Path) -> None:
    one = bench(tmp_path)
    await one.run()
    await one.answer("edit", diff=THEIRS)
    said = [(o.role, o.kind, o.passed) for o in one.notes.judged_ if o.role == "implementer"]
    assert said == [("implementer", "review", False), ("implementer", "human", False)]


class PowerCut(Exception):
    """The process is gone."""


async def test_an_edit_whose_node_died_after_it_is_not_made_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bench(tmp_path)
    await one.run()

    def cut(*_: object, **__: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patched:
        patched.setattr(one.notes, "judged", cut)
        with pytest.raises(PowerCut):
            await one.answer("edit", diff=THEIRS)
    before = git(one.repo, "for-each-ref", "refs/gatewright").splitlines()
    assert len(before) == 2, "the model's attempt and the person's"
    assert await one.go_on() is None
    assert git(one.repo, "for-each-ref", "refs/gatewright").splitlines() == before
    assert text(one, (await one.state()).head) == "one\ndeux\nthree\n"


async def test_the_next_step_is_a_models_again(tmp_path: Path) -> None:
    one = bench(
        tmp_path,
        planner=[TWO_STEPS],
        implementer=[MODELS, written("b\n", "b.txt")],
        code_reviewer=[rejected("No."), {"verdict": "approved", "why": "w"}],
    )
    await one.run()
    assert await one.answer("edit", diff=THEIRS) is None
    state = await one.state()
    assert (len(state.approved), text(one, state.head)) == (2, "one\ndeux\nthree\n")


async def test_in_a_later_step_the_diff_is_of_that_step(tmp_path: Path) -> None:
    one = bench(
        tmp_path,
        planner=[TWO_STEPS],
        implementer=[MODELS, written("b\n", "b.txt")],
        code_reviewer=[{"verdict": "approved", "why": "w"}, rejected("No.")],
    )
    asked = await one.run()
    assert asked is not None
    assert ("zwei" in asked.diff, "b.txt" in asked.diff) == (False, True)
    edited = asked.diff.replace("+b\n", "+better\n")
    assert await one.answer("edit", diff=edited) is None
    state = await one.state()
    assert (text(one, state.head), text(one, state.head, "b.txt")) == (
        "one\nzwei\nthree\n",
        "better\n",
    )


async def test_what_failed_the_gate_is_replaced_from_the_base(tmp_path: Path) -> None:
    one = Bench(tmp_path, implementer=[MODELS], gate=[failed("no")], limits=ONCE)
    asked = await one.run()
    assert asked is not None
    assert asked.stop.choices == ("edit", "retry", "reject")
    assert "-two\n+zwei\n" in asked.diff
    assert await one.answer("edit", diff=asked.diff.replace("zwei", "deux")) is None
    state = await one.state()
    assert text(one, state.head) == "one\ndeux\nthree\n"
    assert git(one.repo, "rev-list", "--count", f"main..{state.head}").strip() == "1"


async def test_a_change_that_fails_the_gate_is_asked_about_again(tmp_path: Path) -> None:
    one = bench(tmp_path, gate=[failed("no")])
    await one.run()
    asked = await one.answer("edit", diff=THEIRS)
    assert asked is not None
    assert asked.stop.kind == "gate_failed"
    assert "+deux" in asked.diff


async def test_where_no_edit_applied_a_person_gives_one(tmp_path: Path) -> None:
    one = bench(tmp_path, implementer=["No."] * 2)
    asked = await one.run()
    assert asked is not None
    assert (asked.stop.at, asked.diff) == ("implementer", "")
    assert await one.answer("edit", diff=THEIRS) is None
    assert text(one, (await one.state()).head) == "one\ndeux\nthree\n"


@pytest.mark.parametrize(
    ("diff", "problem"),
    [
        ("no diff at all", "the answer holds no edit in the form asked for"),
        ("", "here it is the change that can be edited"),
        (THEIRS.replace("-two", "-quite another line"), "a.txt: "),
        (THEIRS.replace("deux", "two"), "it changes nothing"),
        (THEIRS.replace("a.txt", "../a.txt"), "../a.txt: "),
        (
            "--- /dev/null\n+++ b/conftest.py\n@@ -0,0 +1 @@\n+x = 1\n",
            "The change breaks a rule. conftest.py: a changed conftest.py",
        ),
        (f"{THEIRS}{CUT}: 9 more lines\n", "the diff that was shown is not all of it"),
        (THEIRS.replace("deux", f"key = {REDACTED}"), f"{REDACTED!r} stands for"),
    ],
)
async def test_a_diff_that_cannot_be_taken_is_asked_for_again(
    tmp_path: Path, diff: str, problem: str
) -> None:
    one = bench(tmp_path)
    await one.run()
    asked = await one.answer("edit", diff=diff)
    assert asked is not None
    assert asked.stop.reason.startswith(f"your edit was refused: {problem}")
    assert await one.answer("edit", diff=THEIRS) is None
    assert text(one, (await one.state()).head) == "one\ndeux\nthree\n"


async def test_after_a_refused_edit_every_other_answer_is_still_open(tmp_path: Path) -> None:
    one = bench(tmp_path)
    await one.run()
    await one.answer("edit", diff="nothing")
    assert await one.answer("approve") is None
    assert text(one, (await one.state()).head) == "one\nzwei\nthree\n"


async def test_a_long_diff_is_cut_and_says_how_to_see_it_all(tmp_path: Path) -> None:
    long = START + "".join(f"line {number}\n" for number in range(MOST_DIFF // 8))
    one = bench(tmp_path, implementer=[written(long)])
    asked = await one.run()
    assert asked is not None
    *shown, last = asked.diff.splitlines()
    state = await one.state()
    assert len(asked.diff) < MOST_DIFF + 300
    assert all(line[:1] in "+- @di" for line in shown)
    assert last.startswith(CUT)
    assert f"`git diff {state.head} {asked.commit}` shows all" in last
