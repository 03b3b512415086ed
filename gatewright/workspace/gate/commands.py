"""The checks `command:<n>`: what the task itself asks to be run, each must exit with 0."""

from gatewright.domain.findings import Finding
from gatewright.domain.gate import CheckResult
from gatewright.workspace.environments.missing import advice
from gatewright.workspace.gate.bench import Bench, log_tail

_LINES = 12
_CHARACTERS = 1200


async def check_command(bench: Bench, number: int, command: str) -> CheckResult:
    """Run by `sh -c` in a fresh copy, with the repository's environment first on PATH."""
    check = f"command:{number}"
    async with bench.copy("after") as copy:
        completed = await bench.run(
            ("/bin/sh", "-c", command), cwd=copy, env=bench.environment(copy)
        )
    stopped = bench.cut_short(completed)
    tail = log_tail(completed)
    if stopped is None and completed.returncode == 0:
        return CheckResult(
            check=check,
            status="passed",
            summary=f"{_short(command)} exited with 0",
            duration_s=completed.duration_s,
            log_tail=tail,
        )
    summary = f"{_short(command)} {stopped or f'exited with {completed.returncode}'}"
    said = log_tail(completed, lines=_LINES, characters=_CHARACTERS)
    told = advice(bench.toolchain, f"{completed.stdout}\n{completed.stderr}")
    message = "\n".join(part for part in (summary, said, told) if part)
    return CheckResult(
        check=check,
        status="error" if stopped else "failed",
        summary=summary,
        duration_s=completed.duration_s,
        findings=(Finding(check=check, message=message),),
        log_tail=tail,
    )


def _short(command: str) -> str:
    first, *rest = command.splitlines() or [""]
    return f"{first[:80]} …" if rest or len(first) > 80 else first
