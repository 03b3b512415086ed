"""Try a sandbox before it is trusted: commit what untrusted code might, and see it fail.

A setting that is in place proves nothing (bubblewrap's root is writable unless remounted, root
ignores RLIMIT_NPROC), so each promise has a canary. Four commands run side by side.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gatewright.domain.command import Command, Completed, Limits, SandboxKind
from gatewright.domain.ports import Runner
from gatewright.workspace.sandbox import canaries
from gatewright.workspace.sandbox.bait import Bait, Found, lay_bait, seen_from_outside
from gatewright.workspace.sandbox.sweep import TOKEN

_MEMORY_BYTES = 256 * 2**20
_PROCESSES = 32
_FLOOD_BYTES = 2**20
_TIMEOUT_S = 20.0
_SHORT_S = 0.2
_SLACK_S = 5.0
_KERNEL_SETTING = "/proc/sys/kernel/core_pattern"

_ALWAYS = frozenset({"environment", "descriptors", "daemon", "output_flood", "timeout", "memory"})
_WEAK = {
    "landlock": frozenset(
        {
            *("signals", "udp", "unix_socket", "abstract_socket"),
            *("git_metadata", "foreign_modes", "nested_namespaces"),
        }
    ),
    "bubblewrap": frozenset({"nested_namespaces"}),
}
"""What a kind is known not to promise, on some machines or on all."""


@dataclass(frozen=True, kw_only=True)
class Canary:
    """One misdeed, and whether the sandbox stood up to it."""

    name: str
    required: bool
    """For this kind of sandbox; one that is not required and does not hold is a weakness."""
    held: bool
    detail: str


@dataclass(frozen=True, kw_only=True)
class ProbeReport:
    """What a sandbox was seen to hold on this machine."""

    kind: SandboxKind
    label: str
    canaries: tuple[Canary, ...]
    duration_s: float

    @property
    def held(self) -> bool:
        """Whether every promise of this kind was kept."""
        return not self.broken

    @property
    def broken(self) -> tuple[Canary, ...]:
        """Promises that were not kept: the sandbox must not be used."""
        return tuple(canary for canary in self.canaries if canary.required and not canary.held)

    @property
    def weak(self) -> tuple[Canary, ...]:
        """What this kind does not promise, and does not hold."""
        return tuple(canary for canary in self.canaries if not canary.required and not canary.held)


async def probe(runner: Runner, *, scratch: Path) -> ProbeReport:
    """Run the canaries in folders made under `scratch` and removed again; takes about a second.

    Raises: SandboxUnavailable when the sandbox cannot be set up at all.
    """
    started = time.monotonic()
    async with lay_bait(scratch, kind=runner.kind) as bait:
        limits = Limits(memory_bytes=_MEMORY_BYTES, processes=_PROCESSES)
        misdeeds, forks, flood, endless = await _all(
            runner,
            await asyncio.to_thread(_misdeeds, bait, limits),
            await asyncio.to_thread(_canaries, bait, limits, {"processes": limits.processes}),
            _plain(bait, "cat", "/dev/zero", limits=Limits(output_bytes=_FLOOD_BYTES)),
            _plain(bait, "sleep", "600", timeout_s=_SHORT_S),
        )
        found = _reported(misdeeds)
        found |= await asyncio.to_thread(seen_from_outside, bait)
    found["fork"] = _forked(forks, limits.processes)
    found["output_flood"] = (flood.output_exceeded, f"stopped after {flood.duration_s:.2f} s")
    found["timeout"] = (
        endless.timed_out and endless.duration_s < _SHORT_S + _SLACK_S,
        f"stopped after {endless.duration_s:.2f} s of {_SHORT_S} s",
    )
    return ProbeReport(
        kind=runner.kind,
        label=runner.label,
        canaries=tuple(
            Canary(name=name, required=_required(runner.kind, name), held=held, detail=detail)
            for name, (held, detail) in sorted(found.items())
        ),
        duration_s=time.monotonic() - started,
    )


async def _all(runner: Runner, *commands: Command) -> list[Completed]:
    """Side by side; where one cannot be run, the others have ended before that is raised."""
    outcomes = await asyncio.gather(*map(runner.run, commands), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in outcomes if isinstance(outcome, Completed)]


def _misdeeds(bait: Bait, limits: Limits) -> Command:
    """Blocks: it follows links."""
    orders = {
        "expected_variables": [TOKEN],
        "secret": str(bait.secret),
        "kernel_settings": _KERNEL_SETTING,
        "host_pid": os.getpid(),
        "pid_namespace": str(Path("/proc/self/ns/pid").readlink()),
        "write": [str(path) for path in bait.traps.values()],
        "connect": list(bait.listeners.values()),
        "send": bait.udp,
        "lock": str(bait.lock),
        "memory_bytes": limits.memory_bytes,
    }
    return _canaries(bait, limits, orders)


def _canaries(bait: Bait, limits: Limits, orders: Mapping[str, object]) -> Command:
    # The interpreter itself, not the link in a virtual environment, needs its prefix only.
    python = os.path.realpath(sys.executable)
    script = Path(canaries.__file__).resolve()
    return Command(
        argv=(python, "-I", "-S", str(script)),
        cwd=bait.work,
        timeout_s=_TIMEOUT_S,
        readable=(Path(sys.base_prefix), script),
        stdin=json.dumps(orders).encode(),
        limits=limits,
    )


def _plain(
    bait: Bait, *argv: str, timeout_s: float = _TIMEOUT_S, limits: Limits | None = None
) -> Command:
    return Command(argv=argv, cwd=bait.work, timeout_s=timeout_s, limits=limits or Limits())


def _reported(misdeeds: Completed) -> Found:
    try:
        results = json.loads(misdeeds.stdout)
    except ValueError:
        said = (misdeeds.stderr or misdeeds.stdout).strip()[-300:]
        return {"canaries": (False, f"they did not run: code {misdeeds.returncode}, {said!r}")}
    return {name: (bool(held), str(detail)) for name, (held, detail) in results.items()}


def _forked(forks: Completed, limit: int) -> tuple[bool, str]:
    """Either the kernel refused, or the tree was killed at once for what it had."""
    said = forks.stdout.split("\n")
    if said[0] != "tried":
        return False, f"not tried: code {forks.returncode}, {forks.stderr.strip()[-200:]!r}"
    if said[1].startswith("refused"):
        return True, f"{said[1]} of {limit}"
    killed = forks.returncode == -signal.SIGKILL and not forks.timed_out
    return killed, f"{'killed' if killed else 'not stopped'} with more than {limit}"


def _required(kind: SandboxKind, name: str) -> bool:
    if kind == "none":
        return name in _ALWAYS
    return name not in _WEAK[kind]
