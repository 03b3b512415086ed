"""The quality gate: a commit's checks in the sandbox, compared with the same on its base."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from gatewright.domain.gate import CheckResult, GateReport
from gatewright.domain.policy import policy_for
from gatewright.domain.ports import Runner, Toolchain, Workspace
from gatewright.domain.task import GateSpec, Risk, Site
from gatewright.workspace.gate import guard
from gatewright.workspace.gate.baselines import Baselines
from gatewright.workspace.gate.bench import Bench
from gatewright.workspace.gate.changed import changed_files
from gatewright.workspace.gate.commands import check_command
from gatewright.workspace.gate.compare import capped
from gatewright.workspace.gate.configured import configured
from gatewright.workspace.gate.lint import check_lint
from gatewright.workspace.gate.suite import check_suite, skipped_suite
from gatewright.workspace.toolchain import installed

_AT_ONCE = 2
"""Commands in the sandbox; each may use several cores itself."""

OnCheck = Callable[[CheckResult], None]


class QualityGate:
    """A `Gate`."""

    def __init__(
        self,
        *,
        workspace: Workspace,
        runner: Runner,
        toolchain: Callable[[Site], Toolchain],
        cache: Path,
        timeout_s: float,
    ) -> None:
        """`cache` is a folder for what bases came to; `timeout_s` is for each run of a tool.

        `toolchain` may block; it is called in a thread.
        """
        self._workspace = workspace
        self._runner = runner
        self._toolchain = toolchain
        self._baselines = Baselines(cache)
        self._timeout_s = timeout_s

    async def check(
        self,
        site: Site,
        commit: str,
        spec: GateSpec,
        *,
        risk: Risk = "medium",
        scope: Sequence[str] = (),
        on_check: OnCheck | None = None,
    ) -> GateReport:
        """Run the checks on a commit and compare them with the base; `on_check` hears each.

        Raises: SandboxUnavailable, WorkspaceError, InputError; what the checks find is no error.
        """
        async with self._bench(site, commit, spec, risk) as bench:
            try:
                results = await _side_by_side(_checks(bench, spec), on_check)
            except BaseExceptionGroup as errors:
                raise _first(errors) from None
        return GateReport(
            passed=all(result.status in ("passed", "skipped") for result in results),
            commit=commit,
            checks=tuple(results),
            sandbox=self._runner.label,
            environment=bench.toolchain.source,
        )

    @asynccontextmanager
    async def _bench(
        self, site: Site, commit: str, spec: GateSpec, risk: Risk
    ) -> AsyncIterator[Bench]:
        toolchain = await asyncio.to_thread(self._toolchain, site)
        versions = await asyncio.to_thread(installed, toolchain.python)
        async with (
            self._workspace.checkout(site, site.base_commit) as base,
            self._workspace.checkout(site, commit) as after,
        ):
            found = await asyncio.to_thread(guard.inspect, base, after)
            old, new = await asyncio.to_thread(
                lambda: (set(guard.tree(base)), set(guard.tree(after)))
            )
            yield Bench(
                workspace=self._workspace,
                runner=self._runner,
                toolchain=toolchain,
                site=site,
                commit=commit,
                base=base,
                guard=found,
                policy=policy_for(risk, spec),
                spec=spec,
                changes=await asyncio.to_thread(changed_files, base, after),
                files={
                    "base": frozenset(old),
                    "after": frozenset((new - set(found.remove)) | set(found.restore)),
                },
                roots=toolchain.roots,
                versions=versions,
                timeout_s=self._timeout_s,
                slots=asyncio.Semaphore(_AT_ONCE),
                baselines=self._baselines,
            )


def _checks(bench: Bench, spec: GateSpec) -> list[Coroutine[None, None, CheckResult]]:
    """In the order of the report."""
    checks = [
        _intact(bench),
        _tests(bench, spec),
        check_lint(bench, "mypy", wanted=spec.mypy),
        check_lint(bench, "ruff", wanted=spec.ruff),
    ]
    return checks + [check_command(bench, n, c) for n, c in enumerate(spec.commands, start=1)]


async def _side_by_side(
    checks: Sequence[Coroutine[None, None, CheckResult]], on_check: OnCheck | None
) -> list[CheckResult]:
    async def heard(check: Coroutine[None, None, CheckResult]) -> CheckResult:
        result = await check
        if on_check is not None:
            on_check(result)
        return result

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(heard(check)) for check in checks]
    return [task.result() for task in tasks]


async def _intact(bench: Bench) -> CheckResult:
    findings = bench.guard.findings
    return CheckResult(
        check=guard.CHECK,
        status="failed" if findings else "passed",
        summary=f"{len(findings)} protected files were altered"
        if findings
        else "tests and configuration are as on the base",
        duration_s=0,
        findings=capped(findings),
    )


async def _tests(bench: Bench, spec: GateSpec) -> CheckResult:
    if spec.pytest == ():
        return skipped_suite("the task asks for none")
    others = bool(spec.commands) or await asyncio.to_thread(_has_linter, bench.base, spec)
    return await check_suite(bench, spec.pytest, alone=not others)


def _has_linter(base: Path, spec: GateSpec) -> bool:
    wanted = {"mypy": spec.mypy, "ruff": spec.ruff}
    return any(on or (on is None and configured(base, name)) for name, on in wanted.items())


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
