"""The order of the checks: the cheapest first, side by side, and no further than is needed."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple

from gatewright.domain.gate import CheckResult
from gatewright.domain.plan_ports import Part, Pipeline

OnCheck = Callable[[CheckResult], None]
Work = Callable[[], Awaitable[tuple[CheckResult, ...]]]

GOOD = ("passed", "skipped")


class Piece(NamedTuple):
    """Work of which one or more checks come."""

    checks: tuple[str, ...]
    """Their names, in case it is not done."""
    work: Work


async def run_stages(
    stages: Iterable[Sequence[Piece]],
    *,
    keep_going: bool,
    on_check: OnCheck | None,
    pipeline: Pipeline,
) -> list[CheckResult]:
    """Every stage's pieces side by side; after a stage that failed the next ones are left out.

    Within a stage nothing is cut short: whoever mends the change gets all of its findings at once.
    """
    pieces: dict[str, Piece] = {}
    parts: list[Part] = []
    before: tuple[str, ...] = ()
    for stage in stages:
        named = {piece.checks[0]: piece for piece in stage}
        parts += [Part(name, before) for name in named]
        pieces |= named
        before = tuple(named)
    done: dict[str, tuple[CheckResult, ...]] = {}

    async def perform(name: str) -> bool:
        results = done[name] = await pieces[name].work()
        for result in results:
            if on_check is not None:
                on_check(result)
        return all(result.status in GOOD for result in results)

    await pipeline(parts, perform, keep_going=keep_going)
    return _in_order(pieces, done)


def _in_order(
    pieces: dict[str, Piece], done: dict[str, tuple[CheckResult, ...]]
) -> list[CheckResult]:
    ran = [result for name in pieces for result in done.get(name, ())]
    decided = next((result.check for result in ran if result.status not in GOOD), "")
    return [
        result
        for name, piece in pieces.items()
        for result in done.get(name) or [_left_out(check, decided) for check in piece.checks]
    ]


def _left_out(check: str, decided: str) -> CheckResult:
    summary = f"not run: {decided} has decided already (gate.keep_going runs everything)"
    return CheckResult(check=check, status="skipped", summary=summary, duration_s=0)
