"""The check `mutation`: whether the tests would notice if the changed lines were wrong."""

from gatewright.domain.findings import Finding
from gatewright.domain.gate import CheckResult
from gatewright.domain.ports import Mutant, Mutation
from gatewright.domain.protected import is_test
from gatewright.workspace.gate.bench import Bench
from gatewright.workspace.gate.compare import capped

CHECK = "mutation"
SHARE = 0.5
"""Of a check's time: the sample is bounded by it and does not come near the timeout."""


async def check_mutation(bench: Bench, mutation: Mutation) -> CheckResult:
    """Try mutants of the changed lines; too many that no test notices block."""
    most = bench.policy.mutants
    if most == 0:
        return _skipped("not asked for at this risk")
    lines = {
        change.path: change.added
        for change in bench.changes
        if change.path.endswith(".py") and change.added and not is_test(change.path)
    }
    if not lines:
        return _skipped("no line of Python code was changed")
    async with bench.copy("after") as root, bench.slots:
        sample = await mutation(
            root,
            lines,
            toolchain=bench.toolchain,
            run=bench.runner.run,
            most=most,
            seconds=bench.timeout_s * SHARE,
        )
    if not sample.mutants:
        return _skipped(sample.why or "the changed lines have nothing to mutate", sample.duration_s)
    return _judged(bench, sample.mutants, sample.duration_s)


def _judged(bench: Bench, mutants: tuple[Mutant, ...], duration_s: float) -> CheckResult:
    survivors = [mutant for mutant in mutants if not mutant.killed]
    killed = len(mutants) - len(survivors)
    enough = killed >= bench.policy.killed * len(mutants)
    said = f"{killed} of {len(mutants)} mutants of the changed lines were noticed by the tests"
    findings = [
        Finding(
            check=CHECK,
            message=f"tests do not protect this change: they pass just as well with: {mutant.what}",
            file=mutant.path,
            line=mutant.line,
            rule="survived",
            severity="note" if enough else "blocking",
        )
        for mutant in survivors
    ]
    need = "" if enough else f"; at least {bench.policy.killed:.0%} are asked for at this risk"
    return CheckResult(
        check=CHECK,
        status="passed" if enough else "failed",
        summary=said + need,
        duration_s=duration_s,
        findings=capped(findings),
    )


def _skipped(why: str, duration_s: float = 0.0) -> CheckResult:
    return CheckResult(check=CHECK, status="skipped", summary=why, duration_s=duration_s)
