"""Which checks there are, in the order in which they are run and reported."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from gatewright.domain.gate import CheckResult
from gatewright.domain.ports import Mutation
from gatewright.workspace.environments.installation import importable
from gatewright.workspace.gate import guard
from gatewright.workspace.gate.bench import Bench
from gatewright.workspace.gate.commands import check_command
from gatewright.workspace.gate.compare import capped
from gatewright.workspace.gate.configured import configured
from gatewright.workspace.gate.lint import check_lint
from gatewright.workspace.gate.mutation import CHECK as MUTATION
from gatewright.workspace.gate.mutation import check_mutation
from gatewright.workspace.gate.reports import check_report
from gatewright.workspace.gate.security import check_security
from gatewright.workspace.gate.stages import Piece
from gatewright.workspace.gate.static.checks import static_checks
from gatewright.workspace.gate.static.look import Look
from gatewright.workspace.gate.suite import Suite, skipped_suite


def stages_of(
    bench: Bench, *, scope: Sequence[str], alone: bool, mutation: Mutation | None
) -> Iterator[list[Piece]]:
    """What reads the change; what runs tools and tests on it; what doubts those that passed.

    `alone` as `judged_alone` says.
    """
    yield [Piece((guard.CHECK,), lambda: _static(bench, scope))]
    suite = None if bench.spec.pytest == () else Suite(bench, bench.spec.pytest, alone=alone)
    yield list(_running(bench, suite))
    if suite is not None:
        yield list(_doubting(bench, suite, mutation))


def judged_alone(bench: Bench) -> bool:
    """Whether nothing but the tests could judge the change. Blocks."""
    spec = bench.spec
    if spec.commands or spec.reports:
        return False
    wanted = {"mypy": spec.mypy, "ruff": spec.ruff}
    return not any(
        on or (on is None and configured(bench.base, name)) for name, on in wanted.items()
    )


def _running(bench: Bench, suite: Suite | None) -> Iterator[Piece]:
    spec = bench.spec
    yield Piece(("pytest", "coverage"), lambda: _tests(suite))
    yield _piece("ruff", lambda: check_lint(bench, "ruff", wanted=spec.ruff))
    yield _piece("security", lambda: check_security(bench))
    yield _piece("mypy", lambda: check_lint(bench, "mypy", wanted=spec.mypy))
    for number, command in enumerate(spec.commands, start=1):
        yield _piece(f"command:{number}", _bound(check_command, bench, number, command))
    for report in spec.reports:
        yield _piece(f"report:{report.name}", _bound(check_report, bench, report))


def _doubting(bench: Bench, suite: Suite, mutation: Mutation | None) -> Iterator[Piece]:
    yield _piece("repeat", suite.repeat)
    if mutation is not None:
        yield _piece(MUTATION, lambda: check_mutation(bench, mutation))


def _piece(name: str, check: Callable[[], Awaitable[CheckResult]]) -> Piece:
    async def work() -> tuple[CheckResult, ...]:
        return (await check(),)

    return Piece((name,), work)


def _bound(
    check: Callable[..., Awaitable[CheckResult]], *arguments: object
) -> Callable[[], Awaitable[CheckResult]]:
    return lambda: check(*arguments)


async def _static(bench: Bench, scope: Sequence[str]) -> tuple[CheckResult, ...]:
    look = Look(
        base=bench.base,
        after=bench.after,
        changes=bench.changes,
        policy=bench.policy,
        allow=bench.spec.allow,
        scope=scope,
        roots=bench.roots,
        modules=await asyncio.to_thread(importable, bench.toolchain.python),
    )
    return (_intact(bench), *await asyncio.to_thread(static_checks, look))


def _intact(bench: Bench) -> CheckResult:
    findings = bench.guard.findings
    blocking = sum(finding.severity == "blocking" for finding in findings)
    said = "tests and configuration are as on the base"
    if blocking:
        said = f"{blocking} protected files were altered"
    elif findings:
        said = f"{len(findings)} protected files were altered, as the task allows"
    return CheckResult(
        check=guard.CHECK,
        status="failed" if blocking else "passed",
        summary=said,
        duration_s=0,
        findings=capped(findings),
    )


async def _tests(suite: Suite | None) -> tuple[CheckResult, ...]:
    if suite is None:
        return (skipped_suite("the task asks for none"),)
    return (await suite.tests(), suite.coverage())
