"""The quality gate: a commit's checks in the sandbox, compared with the same on its base."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gatewright.domain.gate import CheckResult, GateReport
from gatewright.domain.plan_ports import Pipeline
from gatewright.domain.policy import Policy, policy_for
from gatewright.domain.ports import Mutation, Runner, Toolchain, Workspace
from gatewright.domain.task import GateSpec, Risk, Site
from gatewright.workspace.gate import guard
from gatewright.workspace.gate.baselines import Baselines
from gatewright.workspace.gate.bench import Bench
from gatewright.workspace.gate.changed import changed_files
from gatewright.workspace.gate.checks import judged_alone, stages_of
from gatewright.workspace.gate.stages import GOOD, OnCheck, run_stages
from gatewright.workspace.scratch import MEMORY, ScratchLost, footprint, scratch
from gatewright.workspace.toolchain import installed

_AT_ONCE = 2
"""Commands in the sandbox; each may use several cores itself."""

_COPIES = 7
"""At a time, at most: the tests of both sides and the new ones, mypy's two, two shared ones."""


@dataclass(frozen=True, kw_only=True)
class _Case:
    """What one gate run is about; the verdict depends on this alone."""

    site: Site
    commit: str
    spec: GateSpec
    risk: Risk
    scope: tuple[str, ...]
    base_tree: str
    tree: str
    toolchain: Toolchain
    versions: Mapping[str, str]

    @property
    def policy(self) -> Policy:
        return policy_for(self.risk, self.spec)


class _Once:
    """Tells of each check once, also when the checks have to begin anew."""

    def __init__(self, on_check: OnCheck | None) -> None:
        self._on_check = on_check
        self._told: set[str] = set()

    def __call__(self, result: CheckResult) -> None:
        if self._on_check is not None and result.check not in self._told:
            self._told.add(result.check)
            self._on_check(result)


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
        pipeline: Pipeline,
        mutation: Mutation | None = None,
        memory: Path | None = MEMORY,
    ) -> None:
        """`cache` is a folder for what checks came to; `timeout_s` is for each run of a tool;
        `pipeline` runs the checks in their order, side by side where they may.

        `toolchain` may block; it is called in a thread. Without `mutation` no mutants are tried.
        Copies are made on a file system in `memory` where that is fit; None: on disk.
        """
        self._workspace = workspace
        self._runner = runner
        self._toolchain = toolchain
        self._baselines = Baselines(cache)
        self._timeout_s = timeout_s
        self._pipeline = pipeline
        self._mutation = mutation
        self._memory = memory

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

        The same tree, checked in the same way, has the report that it had.
        Raises: SandboxUnavailable, WorkspaceError, InputError; what the checks find is no error.
        """
        case = await self._case(site, commit, spec, risk, tuple(scope))
        ran = False

        async def compute() -> GateReport:
            nonlocal ran
            ran = True
            return await self._check(case, on_check)

        found = await self._baselines.get(
            await asyncio.to_thread(self._key, case),
            GateReport,
            compute=compute,
            keep=self._is_lasting,
        )
        if ran:
            return found
        return _remembered(found, commit, on_check)

    async def _check(self, case: _Case, on_check: OnCheck | None) -> GateReport:
        heard = _Once(on_check)
        try:
            return await self._checked(case, heard)
        except ScratchLost:
            return await self._checked(case, heard, on_disk=True)

    async def _checked(
        self, case: _Case, on_check: OnCheck, *, on_disk: bool = False
    ) -> GateReport:
        async with self._bench(case, on_disk=on_disk) as bench:
            alone = await asyncio.to_thread(judged_alone, bench)
            results = await run_stages(
                stages_of(bench, scope=case.scope, alone=alone, mutation=self._mutation),
                keep_going=case.spec.keep_going,
                on_check=on_check,
                pipeline=self._pipeline,
            )
        return GateReport(
            passed=all(result.status in GOOD for result in results),
            commit=case.commit,
            checks=tuple(results),
            sandbox=self._runner.label,
            environment=_environment(case.toolchain),
        )

    async def _case(
        self, site: Site, commit: str, spec: GateSpec, risk: Risk, scope: tuple[str, ...]
    ) -> _Case:
        toolchain = await asyncio.to_thread(self._toolchain, site)
        return _Case(
            site=site,
            commit=commit,
            spec=spec,
            risk=risk,
            scope=scope,
            base_tree=await self._workspace.tree(site, site.base_commit),
            tree=await self._workspace.tree(site, commit),
            toolchain=toolchain,
            versions=await asyncio.to_thread(installed, toolchain.python),
        )

    def _key(self, case: _Case) -> dict[str, object]:
        return {
            "check": "gate",
            "rules": _rules(),
            "folder": case.site.repo.name,
            "base": case.base_tree,
            "tree": case.tree,
            "spec": case.spec.model_dump(mode="json"),
            "risk": case.risk,
            "scope": sorted(case.scope),
            "python": str(case.toolchain.python),
            "installed": json.dumps(case.versions, sort_keys=True),
            "roots": case.toolchain.roots,
            "note": case.toolchain.note,
            "sandbox": self._runner.label,
            "mutation": self._mutation is not None,
            "timeout": self._timeout_s,
        }

    def _is_lasting(self, report: GateReport) -> bool:
        """What ran unconfined could have written anything, and an error may be gone next time."""
        confined = self._runner.kind != "none"
        return confined and all(result.status != "error" for result in report.checks)

    @asynccontextmanager
    async def _bench(self, case: _Case, *, on_disk: bool = False) -> AsyncIterator[Bench]:
        site = case.site
        async with AsyncExitStack() as stack:
            base, after = await _entered(
                stack,
                self._workspace.checkout(site, site.base_commit),
                self._workspace.checkout(site, case.commit),
            )
            found = await asyncio.to_thread(guard.inspect, base, after, allow=case.spec.allow)
            old, new = await asyncio.to_thread(
                lambda: (set(guard.tree(base)), set(guard.tree(after)))
            )
            place = await stack.enter_async_context(
                scratch(
                    base.parent,
                    self._runner,
                    memory=None if on_disk else self._memory,
                    copy_bytes=await asyncio.to_thread(_larger, (base, old), (after, new)),
                    copies=_COPIES + len(case.spec.commands) + 2 * len(case.spec.reports),
                )
            )
            yield Bench(
                toolchain=case.toolchain,
                site=site,
                base=base,
                after=after,
                base_tree=case.base_tree,
                guard=found,
                policy=case.policy,
                spec=case.spec,
                changes=await asyncio.to_thread(changed_files, base, after),
                files={
                    "base": frozenset(old),
                    "after": frozenset((new - set(found.remove)) | set(found.restore)),
                },
                roots=case.toolchain.roots,
                versions=case.versions,
                timeout_s=self._timeout_s,
                slots=asyncio.Semaphore(_AT_ONCE),
                place=place,
                copying=asyncio.Semaphore(1),
                baselines=self._baselines,
            )


async def _entered(
    stack: AsyncExitStack, *contexts: AbstractAsyncContextManager[Path]
) -> list[Path]:
    """Enter side by side; where one fails, the others are left in order by the stack."""
    entering = (stack.enter_async_context(context) for context in contexts)
    found = await asyncio.gather(*entering, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return [path for path in found if isinstance(path, Path)]


def _larger(*sides: tuple[Path, Collection[str]]) -> int:
    return max(footprint(folder, files) for folder, files in sides)


def _environment(toolchain: Toolchain) -> str:
    return f"{toolchain.source}; {toolchain.note}" if toolchain.note else toolchain.source


@cache
def _rules() -> str:
    """A digest of the gate's own code: another version may judge otherwise. Blocks."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _remembered(report: GateReport, commit: str, on_check: OnCheck | None) -> GateReport:
    """A report that cost nothing this time."""
    checks = tuple(result.model_copy(update={"duration_s": 0.0}) for result in report.checks)
    for result in checks:
        if on_check is not None:
            on_check(result)
    return report.model_copy(update={"commit": commit, "checks": checks, "cached": True})
