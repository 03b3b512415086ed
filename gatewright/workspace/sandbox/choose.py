"""Which sandbox is used here: the strongest that its probe has seen hold, or none by name."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gatewright.domain.command import SandboxKind
from gatewright.domain.errors import SandboxUnavailable
from gatewright.domain.ports import Runner
from gatewright.workspace.sandbox.bubblewrap import Bubblewrap
from gatewright.workspace.sandbox.landlock import UPGRADE, Landlock
from gatewright.workspace.sandbox.landlock_abi import abi
from gatewright.workspace.sandbox.probe import Canary, ProbeReport, probe
from gatewright.workspace.sandbox.remedy import REINSTALL, UNSAFE
from gatewright.workspace.sandbox.unsafe import Unsafe

Mode = Literal["auto", "bubblewrap", "landlock", "none"]

_KINDS: dict[SandboxKind, Callable[[Path], Bubblewrap | Landlock | Unsafe]] = {
    "bubblewrap": lambda scratch: Bubblewrap(scratch=scratch),
    "landlock": lambda scratch: Landlock(scratch=scratch),
    "none": lambda scratch: Unsafe(scratch=scratch),
}
"""Strongest first."""

_CANDIDATES: dict[Mode, tuple[SandboxKind, ...]] = {
    "auto": ("bubblewrap", "landlock"),
    "bubblewrap": ("bubblewrap",),
    "landlock": ("landlock",),
    "none": ("none",),
}


_MENDS: dict[SandboxKind, str] = {
    "bubblewrap": REINSTALL,
    "landlock": UPGRADE,
    "none": "Nothing confines a command here, but its limits should have held: report this.",
}
"""What to do about a sandbox that could be set up and then did not hold."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What one kind of sandbox comes to on this machine."""

    kind: SandboxKind
    label: str
    available: bool
    """Whether it could be set up and kept every promise of its kind."""
    version: str
    """Of bubblewrap, or of the kernel's Landlock; empty where there is none."""
    canaries: tuple[Canary, ...] = ()
    """Empty where it could not be set up."""
    problem: str = ""
    fix: str = ""
    duration_s: float = 0.0


async def choose(mode: Mode, *, scratch: Path) -> tuple[Runner, ProbeReport]:
    """The sandbox to be used, and what its probe saw; takes a fraction of a second.

    `auto` prefers bubblewrap to Landlock, and never comes down to nothing: only `none` gives the
    runner that confines nothing, and then whatever its probe says. Probes and commands keep their
    files under `scratch`, which is made where it is missing.

    Raises: SandboxUnavailable, naming what each probe found and what to do.
    """
    problems: list[SandboxUnavailable] = []
    for kind in _CANDIDATES[mode]:
        runner = _KINDS[kind](scratch)
        try:
            return runner, await _proven(runner, scratch)
        except SandboxUnavailable as error:
            problems.append(error)
    fixes = dict.fromkeys([*(problem.fix for problem in problems), UNSAFE])
    raise SandboxUnavailable(
        f"No sandbox can be had here ({'; '.join(problem.problem for problem in problems)})",
        " Or: ".join(fixes),
    )


async def survey(*, scratch: Path) -> list[Standing]:
    """Every kind of sandbox, probed on this machine, strongest first; for `gatewright doctor`."""
    return [await _standing(make(scratch), scratch) for make in _KINDS.values()]


async def _proven(runner: Bubblewrap | Landlock | Unsafe, scratch: Path) -> ProbeReport:
    report = await probe(runner, scratch=scratch)
    if runner.kind != "none" and not report.held:
        raise _distrust(report)
    return report


async def _standing(runner: Bubblewrap | Landlock | Unsafe, scratch: Path) -> Standing:
    version = await asyncio.to_thread(_version, runner)
    report: ProbeReport | None
    problem: SandboxUnavailable | None
    try:
        report = await probe(runner, scratch=scratch)
    except SandboxUnavailable as error:
        report, problem = None, error
    else:
        problem = None if report.held else _distrust(report)
    return Standing(
        kind=runner.kind,
        label=runner.label,
        available=problem is None,
        version=version,
        canaries=report.canaries if report else (),
        problem=problem.problem if problem else "",
        fix=problem.fix if problem else "",
        duration_s=report.duration_s if report else 0.0,
    )


def _distrust(report: ProbeReport) -> SandboxUnavailable:
    found = ", ".join(f"{canary.name} ({canary.detail})" for canary in report.broken)
    return SandboxUnavailable(
        f"{report.label} let canaries of its probe through: {found}", _MENDS[report.kind]
    )


def _version(runner: Bubblewrap | Landlock | Unsafe) -> str:
    if isinstance(runner, Bubblewrap):
        try:
            return runner.tool.version
        except SandboxUnavailable:
            return ""
    if isinstance(runner, Landlock):
        version = abi()
        return f"ABI {version}" if version else ""
    return ""
