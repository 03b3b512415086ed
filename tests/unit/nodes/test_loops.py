"""A loop ends after as many turns as it may take, and earlier where it leads nowhere."""

from pathlib import Path

import pytest

from graph.context import Limits
from tests.unit.nodes.bench import APPROVED, Bench, failed, planned, rejected, written

X, Y, Z = (written(f"one\n{line}\nthree\n") for line in ("x", "y", "z"))


async def test_the_same_change_again_is_stuck(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path, implementer=[X, X], code_reviewer=[rejected("No."), rejected("Not so.")]
    )
    asked = await bench.run()
    assert asked is not None
    assert (asked.stop.kind, asked.stop.at) == ("stuck", "code_reviewer")
    assert asked.stop.reason == (
        "the change was rejected 2 times and it leads nowhere: the same change was made 2 times "
        "in a row; last: It does not do."
    )


async def test_the_same_findings_again_are_stuck(tmp_path: Path) -> None:
    bench = Bench(tmp_path, implementer=[X, Y], code_reviewer=[rejected("No.")] * 2)
    asked = await bench.run()
    assert asked is not None
    assert asked.stop.kind == "stuck"
    assert "2 attempts in a row ended with the same findings" in asked.stop.reason


async def test_back_and_forth_is_stuck(tmp_path: Path) -> None:
    said = [rejected(word) for word in ("a", "b", "c")]
    bench = Bench(tmp_path, implementer=[X, Y, X], code_reviewer=said, limits=Limits(rejections=5))
    asked = await bench.run()
    assert asked is not None
    assert asked.stop.kind == "stuck"
    assert "back and forth between two changes" in asked.stop.reason


async def test_what_differs_goes_on_to_the_limit(tmp_path: Path) -> None:
    said = [rejected(word) for word in ("a", "b", "c")]
    bench = Bench(tmp_path, implementer=[X, Y, Z], code_reviewer=said)
    asked = await bench.run()
    assert asked is not None
    assert (asked.stop.kind, bench.calls("implementer")) == ("rejected", 3)


async def test_nobody_looks_when_it_is_turned_off(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        implementer=[X] * 3,
        code_reviewer=[rejected("No.")] * 3,
        limits=Limits(same=0),
    )
    asked = await bench.run()
    assert asked is not None
    assert (asked.stop.kind, bench.calls("implementer")) == ("rejected", 3)


async def test_the_same_plan_again_is_stuck(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        planner=[planned("x"), {**planned("x"), "why": "Other words."}],
        plan_reviewer=[rejected("No."), rejected("Not so.")],
    )
    asked = await bench.run()
    assert asked is not None
    assert (asked.stop.kind, asked.stop.at) == ("stuck", "plan_reviewer")
    assert "the same plan was made 2 times in a row" in asked.stop.reason


async def test_a_gate_that_fails_alike_is_stuck(tmp_path: Path) -> None:
    gate = [failed("assert 1 == 2 at 0x7f01"), failed("assert 1 == 2 at 0x7f02")]
    bench = Bench(tmp_path, implementer=[X, Y], gate=gate)
    asked = await bench.run()
    assert asked is not None
    assert (asked.stop.kind, asked.stop.at) == ("stuck", "quality_gate")
    assert asked.stop.choices == ("edit", "retry", "reject")


async def test_a_repair_that_goes_back_is_stuck_at_the_gate(tmp_path: Path) -> None:
    gate = [failed(word) for word in ("a", "b", "c")]
    bench = Bench(tmp_path, implementer=[X, Y, X], gate=gate, limits=Limits(rejections=4))
    asked = await bench.run()
    assert asked is not None
    assert asked.stop.kind == "stuck"
    assert "back and forth" in asked.stop.reason


async def test_the_same_answer_without_an_edit_is_stuck(tmp_path: Path) -> None:
    bench = Bench(tmp_path, implementer=["I would rather not."] * 2)
    asked = await bench.run()
    assert asked is not None
    assert (asked.stop.kind, asked.stop.at) == ("stuck", "implementer")
    assert "the same answer was made 2 times in a row" in asked.stop.reason


@pytest.mark.parametrize("rejections", [1, 4])
async def test_the_gate_is_asked_no_more_often_than_it_may(tmp_path: Path, rejections: int) -> None:
    changes = [written(f"one\n{number}\nthree\n") for number in range(rejections)]
    gate = [failed(f"this {number}") for number in range(rejections)]
    bench = Bench(tmp_path, implementer=changes, gate=gate, limits=Limits(rejections=rejections))
    asked = await bench.run()
    assert asked is not None
    assert (asked.stop.kind, len(bench.gate.checked)) == ("gate_failed", rejections)


async def test_while_somebody_else_is_next_nothing_is_stuck(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        implementer=[X],
        second=[X],
        code_reviewer=[rejected("No.")] * 2,
        limits=Limits(rejections=4),
    )
    asked = await bench.run()
    assert asked is not None
    assert (asked.stop.kind, bench.calls("second")) == ("stuck", 1)


async def test_another_attempt_begins_the_count_anew(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path, implementer=[X, X, X, Y], code_reviewer=[*[rejected("No.")] * 3, APPROVED]
    )
    await bench.run()
    assert await bench.answer("retry", note="Mind the middle.") is None
    assert "Mind the middle." in bench.told("implementer", 2)
    assert bench.calls("implementer") == 4
