"""Steps that are begun by a call, without a task."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

from gatewright.domain.plan_ports import Exit, Spawn
from gatewright.plans.launching.client import ProcessLauncher
from gatewright.plans.launching.spawning import Order
from tests.unit.plans.launching.scene import Bell, Scene


class Begun:
    """A step that was begun directly."""

    def __init__(self, launcher: ProcessLauncher, spawn: Spawn) -> None:
        self.ended: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        self.stop: Callable[[], None] | None = launcher.begin(
            Order.of(spawn), self.ended.set_result
        )


async def begun(launcher: ProcessLauncher, scene: Scene, code: str) -> Begun:
    await launcher.run(scene.spawn("true"))  # a worker is free from then on
    return Begun(launcher, scene.shell(code))


async def test_its_end_is_told(launcher: ProcessLauncher, scene: Scene) -> None:
    step = await begun(launcher, scene, "exit 7")
    assert (await step.ended).exit_code == 7


async def test_none_is_begun_without_a_free_worker(launcher: ProcessLauncher, scene: Scene) -> None:
    assert Begun(launcher, scene.spawn("true")).stop is None


async def test_a_large_order_arrives_whole(launcher: ProcessLauncher, scene: Scene) -> None:
    """Larger than what the socket takes at once, and smaller than what the kernel allows a word."""
    await launcher.run(scene.spawn("true"))
    words = ["x" * 100_000] * 12
    step = Begun(launcher, scene.spawn("sh", "-c", "exit $#", "sh", *words))
    assert (await step.ended).exit_code == len(words)


async def test_stopped_it_has_its_grace(
    launcher: ProcessLauncher, scene: Scene, bell: Bell
) -> None:
    step = await begun(launcher, scene, "trap 'exit 5' TERM; echo > bell; sleep {mark} & wait")
    await bell.rung()
    assert step.stop is not None
    step.stop()
    assert ((await step.ended).exit_code, scene.alive()) == (5, [])


async def test_stopped_twice_it_is_killed(
    launcher: ProcessLauncher, scene: Scene, bell: Bell
) -> None:
    step = await begun(launcher, scene, "trap '' TERM; echo > bell; exec sleep {mark}")
    await bell.rung()
    assert step.stop is not None
    step.stop()
    step.stop()
    assert ((await step.ended).signal, scene.alive()) == (signal.SIGKILL, [])


async def test_its_worker_is_killed(launcher: ProcessLauncher, scene: Scene, bell: Bell) -> None:
    step = await begun(launcher, scene, "echo $PPID > worker; echo > bell; exec sleep {mark}")
    await bell.rung()
    worker = await asyncio.to_thread(Path(scene.folder / "worker").read_text)
    os.kill(int(worker), signal.SIGKILL)
    ended = await step.ended
    assert (ended.error.startswith("launcher lost"), scene.alive()) == (True, [])
