"""The order of the checks: the cheapest first, side by side, and no further than is needed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple

from gatewright.domain.gate import CheckResult

OnCheck = Callable[[CheckResult], None]
Work = Callable[[], Awaitable[tuple[CheckResult, ...]]]

GOOD = ("passed", "skipped")


class Piece(NamedTuple):
    """Work of which one or more checks come."""

    checks: tuple[str, ...]
    """Their names, in case it is not done."""
    work: Work


async def run_stages(
    stages: Iterable[Sequence[Piece]], *, keep_going: bool, on_check: OnCheck | None
) -> list[CheckResult]:
    """Every stage's pieces side by side; after a stage that failed the next ones are left out.

    Within a stage nothing is cut short: whoever mends the change gets all of its findings at once.
    """
    results: list[CheckResult] = []
    for pieces in stages:
        decided = next((r.check for r in results if r.status not in GOOD), None)
        if decided is not None and not keep_going:
            results += [_left_out(name, decided) for piece in pieces for name in piece.checks]
            continue
        results += await _side_by_side(pieces, on_check)
    return results


async def _side_by_side(pieces: Sequence[Piece], on_check: OnCheck | None) -> list[CheckResult]:
    async def heard(piece: Piece) -> tuple[CheckResult, ...]:
        done = await piece.work()
        for result in done:
            if on_check is not None:
                on_check(result)
        return done

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(heard(piece)) for piece in pieces]
    except BaseExceptionGroup as errors:
        raise _first(errors) from None
    return [result for task in tasks for result in task.result()]


def _left_out(check: str, decided: str) -> CheckResult:
    summary = f"not run: {decided} has decided already (gate.keep_going runs everything)"
    return CheckResult(check=check, status="skipped", summary=summary, duration_s=0)


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
