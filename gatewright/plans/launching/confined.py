"""The launcher of steps that run in the sandbox."""

import asyncio
import os
import time
from pathlib import Path

from gatewright.domain.command import Command, Completed
from gatewright.domain.errors import GatewrightError
from gatewright.domain.plan_ports import Exit, Spawn
from gatewright.domain.ports import Runner
from gatewright.plans.launching.spawning import TOKEN

_LONGEST_S = 7 * 24 * 3600.0
"""For a step without a timeout."""

_OWN_FOLDER = "PLAN_RUN_DIR"


class ConfinedLauncher:
    """Implements the `Launcher` port on a sandbox.

    Of its output only the end is kept (see `Completed`), written when the step is over. The
    sandbox kills at once, without a grace; it sees the step's folder, and `PLAN_RUN_DIR`.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def run(self, spawn: Spawn) -> Exit:
        """See `Launcher`; a sandbox that cannot be had is an `error` of the step."""
        began = time.monotonic()
        try:
            await asyncio.to_thread(_write, spawn, "", "")
            completed = await self._runner.run(_command(spawn))
            await asyncio.to_thread(_write, spawn, completed.stdout, completed.stderr)
        except (GatewrightError, OSError, ValueError) as fault:
            return Exit(exit_code=None, error=str(fault), duration_s=time.monotonic() - began)
        return _exit(completed)


def _command(spawn: Spawn) -> Command:
    own = spawn.env.get(_OWN_FOLDER)
    return Command(
        argv=spawn.argv,
        cwd=Path(spawn.cwd),
        timeout_s=_LONGEST_S if spawn.timeout_s is None else spawn.timeout_s,
        env={**spawn.env, TOKEN: spawn.token},
        writable=(Path(own),) if own else (),
    )


def _write(spawn: Spawn, stdout: str, stderr: str) -> None:
    """New files, never through a link that a step has left in their place."""
    for path, text in ((spawn.stdout, stdout), (spawn.stderr, stderr)):
        path.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", newline="") as file:
            file.write(text)


def _exit(completed: Completed) -> Exit:
    code = completed.returncode
    stopped = completed.timed_out or completed.output_exceeded
    return Exit(
        exit_code=None if code < 0 or stopped else code,
        signal=-code if code < 0 and not completed.output_exceeded else None,
        timed_out=completed.timed_out,
        error="it printed more than the sandbox allows" if completed.output_exceeded else "",
        duration_s=completed.duration_s,
        cpu_s=completed.cpu_s,
        max_rss_bytes=completed.max_rss_bytes,
    )
