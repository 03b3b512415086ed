"""In which order checks run, and when the next ones are left out."""

import asyncio

import pytest

from gatewright.domain.errors import WorkspaceError
from gatewright.domain.gate import CheckResult, CheckStatus
from gatewright.plans.scheduling.parts import run_parts
from gatewright.workspace.gate.stages import Piece, run_stages


class Log:
    """Pieces that note when they ran."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def piece(self, name: str, status: CheckStatus = "passed") -> Piece:
        async def work() -> tuple[CheckResult, ...]:
            self.ran.append(name)
            return (CheckResult(check=name, status=status, summary="", duration_s=0),)

        return Piece((name,), work)


@pytest.fixture
def log() -> Log:
    return Log()


async def test_results_are_in_the_order_of_the_report_and_heard_as_they_come(log: Log) -> None:
    first_may_end = asyncio.Event()
    heard: list[str] = []

    async def slow() -> tuple[CheckResult, ...]:
        await first_may_end.wait()
        return (CheckResult(check="slow", status="passed", summary="", duration_s=0),)

    def hear(result: CheckResult) -> None:
        heard.append(result.check)
        first_may_end.set()

    pieces = [Piece(("slow",), slow), log.piece("quick")]
    results = await run_stages([pieces], keep_going=False, on_check=hear, pipeline=run_parts)
    assert ([r.check for r in results], heard) == (["slow", "quick"], ["quick", "slow"])


@pytest.mark.parametrize("status", ["failed", "error"])
async def test_what_is_certain_is_not_looked_into_further(log: Log, status: CheckStatus) -> None:
    stages = [[log.piece("a", status), log.piece("b")], [log.piece("c")]]
    results = await run_stages(stages, keep_going=False, on_check=None, pipeline=run_parts)
    assert log.ran == ["a", "b"]
    assert (results[2].check, results[2].status) == ("c", "skipped")
    assert "a has decided" in results[2].summary


async def test_skipped_decides_nothing(log: Log) -> None:
    stages = [[log.piece("a", "skipped")], [log.piece("b")]]
    await run_stages(stages, keep_going=False, on_check=None, pipeline=run_parts)
    assert log.ran == ["a", "b"]


async def test_everything_runs_where_that_is_wanted(log: Log) -> None:
    stages = [[log.piece("a", "failed")], [log.piece("b")]]
    await run_stages(stages, keep_going=True, on_check=None, pipeline=run_parts)
    assert log.ran == ["a", "b"]


async def test_an_error_of_the_workspace_is_raised_as_it_is(log: Log) -> None:
    async def broken() -> tuple[CheckResult, ...]:
        raise WorkspaceError("the disk is gone")

    with pytest.raises(WorkspaceError, match="the disk is gone"):
        await run_stages(
            [[Piece(("x",), broken)]], keep_going=False, on_check=None, pipeline=run_parts
        )
