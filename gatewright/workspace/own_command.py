"""A command of the user's own settings, run as the user would run it: outside of the sandbox.

It is never looked for in the repository under work, nor are the programs that it starts by name:
folders of the repository are taken out of its PATH.
"""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.finishing import finish, settle
from gatewright.domain.secret_forms import redact
from gatewright.workspace.child import Child

_GRACE_S = 2.0
"""Between SIGTERM and SIGKILL."""
_TOLD_CHARACTERS = 600
_LEFT_OUT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")
"""Of a git that started us: the command is about the folder that it runs in."""


async def run_own(
    argv: Sequence[str],
    *,
    cwd: Path,
    repo: Path,
    values: Mapping[str, str],
    hooks: bool,
    setting: str,
    timeout_s: float,
) -> str:
    """Run it in `cwd`; what it printed on stdout. No program in `repo`, its checkout, is run.

    `values` are added to its environment; without `hooks`, git runs none there. When this is
    cancelled or it takes too long, its whole process group is gone on return.
    Raises: EnvironmentFault, naming the setting, when it cannot be run or fails.
    """
    fix = f"Correct {setting} in the settings; the same command then goes on from here."
    path = await asyncio.to_thread(safe_path, os.environ.get("PATH", os.defpath), repo)
    program = await asyncio.to_thread(_program, argv[0], path, repo)
    if program is None:
        raise EnvironmentFault(
            f"{setting}: there is no program {argv[0]!r} outside of the repository", fix
        )
    env = _environment(values, path, hooks=hooks)

    def start() -> Child:
        return Child((program, *argv[1:]), cwd=cwd, env=env)

    try:
        child = await _started(start)
    except OSError as error:
        raise EnvironmentFault(f"{setting}: {argv[0]!r} cannot be run: {error}", fix) from error
    try:
        async with asyncio.timeout(timeout_s):
            await child.ended()
    except TimeoutError:
        await _end(child)
        raise EnvironmentFault(f"{setting}: it took longer than {timeout_s:g} s", fix) from None
    except asyncio.CancelledError:
        await _end(child)
        raise
    await finish(child.collect)
    if child.returncode != 0:
        told = redact(child.stderr.decode("utf-8", errors="replace").strip()).text
        raise EnvironmentFault(
            f"{setting}: it ended with {child.returncode}: {told[-_TOLD_CHARACTERS:] or 'no word'}",
            fix,
        )
    return child.stdout.decode("utf-8", errors="replace")


def safe_path(path: str, repo: Path) -> str:
    """PATH without what is relative or inside of the repository. Blocks."""
    top = repo.resolve()
    folders = (folder for folder in path.split(os.pathsep) if Path(folder).is_absolute())
    return os.pathsep.join(f for f in folders if not Path(f).resolve().is_relative_to(top))


def _program(name: str, path: str, repo: Path) -> str | None:
    if os.sep in name and not Path(name).is_absolute():
        return None
    found = shutil.which(name, path=path or os.devnull)
    # A link of the repository's may lead out of it, and a link from outside into it.
    if found is None or any(
        place.is_relative_to(repo.resolve()) for place in (Path(found), Path(found).resolve())
    ):
        return None
    return found


def _environment(values: Mapping[str, str], path: str, *, hooks: bool) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    env |= {**values, "PATH": path, "GIT_TERMINAL_PROMPT": "0"}
    if not hooks:
        given = env.get("GIT_CONFIG_COUNT", "")
        number = int(given) if given.isdecimal() else 0
        env[f"GIT_CONFIG_KEY_{number}"] = "core.hooksPath"
        env[f"GIT_CONFIG_VALUE_{number}"] = os.devnull
        env["GIT_CONFIG_COUNT"] = str(number + 1)
    return env


async def _started(start: Callable[[], Child]) -> Child:
    starting = asyncio.ensure_future(asyncio.to_thread(start))
    try:
        await settle(starting)
    except asyncio.CancelledError:
        if starting.exception() is None:
            await _end(starting.result())
        raise
    return starting.result()


async def _end(child: Child) -> None:
    await settle(asyncio.ensure_future(_kill(child)))


async def _kill(child: Child) -> None:
    child.signal(signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(child.ended(), _GRACE_S)
    await asyncio.to_thread(child.destroy)
