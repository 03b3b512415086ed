"""The sandbox of a home, and what it stands on, from the settings."""

import asyncio
import shutil
from functools import partial
from pathlib import Path

from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.ports import Runner
from gatewright.settings import Settings
from gatewright.telemetry.commands import MeteredRunner
from gatewright.workspace.sandbox.choose import choose

LEAST_FREE = 64 * 2**20
"""Bytes: what the probe's canaries write is stopped at less, and must not be by the disk."""


async def open_runner(settings: Settings) -> Runner:
    """The sandbox, proven by its probe.

    Raises: SandboxUnavailable with the fix; EnvironmentFault where the disk is too full to tell.
    """
    scratch = settings.home / "scratch"
    await asyncio.to_thread(partial(scratch.mkdir, parents=True, exist_ok=True))
    free = (await asyncio.to_thread(shutil.disk_usage, scratch)).free
    if free < LEAST_FREE:
        raise EnvironmentFault(
            f"The disk of {str(scratch)!r} is full: {free / 2**20:.0f} of the "
            f"{LEAST_FREE / 2**20:.0f} MiB that a run needs are free",
            "Free some space, or name another folder by GATEWRIGHT_HOME.",
        )
    mode = "none" if settings.unsafe_no_sandbox else settings.sandbox
    runner, _ = await choose(mode, scratch=scratch)
    return MeteredRunner(runner)


def environments(settings: Settings) -> Path:
    """Where environments of our making are kept."""
    return settings.gate.environments or settings.home / "environments"
