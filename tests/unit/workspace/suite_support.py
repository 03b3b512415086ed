"""The tests' own checks on a change, in the real sandbox, without what else the gate looks at."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from gatewright.domain.gate import CheckResult
from gatewright.domain.task import GateSpec, Risk
from gatewright.workspace.gate.suite import Suite
from tests.unit.workspace.gate_support import Shop


@asynccontextmanager
async def suite_of(
    shop: Shop,
    change: Mapping[str, str | None],
    *,
    risk: Risk = "low",
    timeout_s: float = 60,
    **spec: Any,
) -> AsyncIterator[Suite]:
    after = await asyncio.to_thread(shop._commit, change)
    gate = shop.gate(timeout_s=timeout_s)
    wanted = GateSpec(**spec)
    case = await gate._case(shop.site, after, wanted, risk, ())
    async with gate._bench(case) as bench:
        yield Suite(bench, wanted.pytest, alone=True)


async def outcome_of(shop: Shop, change: Mapping[str, str | None], **more: Any) -> CheckResult:
    async with suite_of(shop, change, **more) as suite:
        return await suite.tests()


async def repeat_of(shop: Shop, change: Mapping[str, str | None], **more: Any) -> CheckResult:
    """The check `repeat`, after the tests have passed."""
    async with suite_of(shop, change, **more) as suite:
        first = await suite.tests()
        assert first.status == "passed", first
        return await suite.repeat()


async def coverage_of(shop: Shop, change: Mapping[str, str | None], **more: Any) -> CheckResult:
    async with suite_of(shop, change, **more) as suite:
        await suite.tests()
        return suite.coverage()


def rules(result: CheckResult) -> list[str | None]:
    """Of what blocks."""
    return [finding.rule for finding in result.findings if finding.severity == "blocking"]
