"""kill -9 of the engine, with and without its helpers: nothing that it started is alive."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from gatewright.plans.launching import groups
from gatewright.plans.launching.sweep import sweep
from tests.unit.plans.launching.scene import KINDS, Bell, Scene, gone

_ROOT = Path(__file__).parents[2]
_ALL = "\n".join(KINDS.values())
_ENGINE = """
import asyncio, sys
from pathlib import Path
from gatewright.domain.plan_ports import Spawn
from gatewright.plans.launching.client import ProcessLauncher

folder, token, code, rounds = Path(sys.argv[1]), *sys.argv[2:]

async def step(launcher, name):
    for count in range(int(rounds)):
        await launcher.run(Spawn(
            argv=("sh", "-c", code), env={}, cwd=str(folder), token=f"{token}-{name}-{count}",
            stdout=folder / f"{name}.stdout", stderr=folder / f"{name}.stderr",
            timeout_s=None, grace_s=30))

async def main():
    async with ProcessLauncher() as launcher, asyncio.TaskGroup() as steps:
        for name in "abc":
            steps.create_task(step(launcher, name))

asyncio.run(main())
"""


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    for pid in made.alive():
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def bell(scene: Scene) -> Iterator[Bell]:
    made = scene.bell()
    yield made
    made.close()


@asynccontextmanager
async def engine(scene: Scene, code: str, *, rounds: int = 1) -> AsyncIterator[Process]:
    """An engine that runs three steps at a time, so many times."""
    text = code.format(mark=scene.mark)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _ENGINE, str(scene.folder), scene.mark, text, str(rounds)),
        cwd=_ROOT,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def below(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


async def test_the_helpers_end_with_it(scene: Scene, bell: Bell) -> None:
    async with engine(scene, _ALL + "\necho > bell; exec sleep {mark}") as process:
        await bell.rung(3)
        there = below(process.pid)
        process.kill()
        await gone(there)
    assert (len(there) > 3 * len(KINDS), scene.alive()) == (True, [])


@pytest.mark.parametrize("after", [1, 2, 5, 17, 40])
async def test_at_any_moment(scene: Scene, bell: Bell, after: int) -> None:
    """In the middle of steps that start, end, and leave something behind."""
    async with engine(scene, "echo > bell;" + _ALL, rounds=1000) as process:
        await bell.rung(after)
        helpers = [p.pid for p in psutil.Process(process.pid).children()]
        helpers += [worker for pid in helpers for worker in below(pid)]
        process.kill()
        await gone(helpers)
    assert scene.alive() == []


async def test_with_its_helpers(scene: Scene, bell: Bell) -> None:
    """Then there is nobody left to kill anything; the next one to start finds them."""
    hidden = "daemon without a token"
    kinds = [code for kind, code in KINDS.items() if kind != hidden or groups.find()]
    code = "\n".join(kinds) + "\necho > bell; exec sleep {mark}"
    async with engine(scene, code) as process:
        await bell.rung(3)
        assert scene.alive()
        (master,) = psutil.Process(process.pid).children()
        helpers = [process.pid, master.pid, *(worker.pid for worker in master.children())]
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in helpers:
                os.kill(pid, number)
        await gone(helpers)
    await asyncio.to_thread(sweep, scene.mark)
    await gone(scene.alive())  # whom the start of another engine has found first may not be yet


async def test_an_interrupt_from_the_terminal(scene: Scene, bell: Bell) -> None:
    """It is for the engine: it asks its steps to end, and they have their grace."""
    # `wait`, for a signal just before the shell's `read` would be noticed after it only.
    code = "trap 'echo cleaned; exit' TERM; echo > bell; sleep {mark} & wait"
    async with engine(scene, code) as process:
        await bell.rung(3)
        process.send_signal(signal.SIGINT)
        await process.wait()
    said = {(scene.folder / f"{name}.stdout").read_text() for name in "abc"}
    assert (said, scene.alive()) == ({"cleaned\n"}, [])
