"""What the router hears of an attempt."""

from pathlib import Path

from gatewright.domain.outcome import Outcome
from tests.unit.nodes.bench import APPROVED, BROKE_DOWN, Bench, failed, rejected, written

X, Y = (written(f"one\n{line}\nthree\n") for line in ("x", "y"))


def heard(bench: Bench, role: str = "implementer") -> list[tuple[str, int, str, bool]]:
    def told(one: Outcome) -> tuple[str, int, str, bool]:
        return (one.model, one.stage, one.kind, one.passed)

    return [told(one) for one in bench.notes.judged_ if one.role == role]


async def test_an_attempt_is_judged_by_its_reviewer_and_then_by_the_gate(tmp_path: Path) -> None:
    bench = Bench(tmp_path, implementer=[X])
    await bench.run()
    assert heard(bench) == [("implementer", 0, "review", True), ("implementer", 0, "gate", True)]


async def test_what_the_gate_fails_is_a_failed_attempt_and_the_repair_another(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, implementer=[X, Y], gate=[failed("wrong")])
    await bench.run()
    assert [one[1:] for one in heard(bench)] == [
        (0, "review", True),
        (0, "gate", False),
        (1, "review", True),
        (1, "gate", True),
    ]


async def test_a_rejection_says_nothing_of_the_reviewer(tmp_path: Path) -> None:
    bench = Bench(tmp_path, implementer=[X, Y], code_reviewer=[rejected("No."), APPROVED])
    await bench.run()
    assert [one[2:] for one in heard(bench, "code_reviewer")] == [("gate", True)]


async def test_a_reviewer_is_right_when_the_gate_agrees(tmp_path: Path) -> None:
    bench = Bench(tmp_path, implementer=[X, Y], gate=[failed("wrong")])
    await bench.run()
    assert [one[2:] for one in heard(bench, "code_reviewer")] == [("gate", False), ("gate", True)]


async def test_a_gate_that_broke_down_is_no_verdict(tmp_path: Path) -> None:
    bench = Bench(tmp_path, implementer=[X, Y], gate=[BROKE_DOWN])
    await bench.run()
    assert [one[2:] for one in heard(bench)] == [
        ("review", True),
        ("review", True),
        ("gate", True),
    ]
