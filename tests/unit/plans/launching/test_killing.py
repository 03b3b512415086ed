"""However a step ends, nothing of it is alive afterwards."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator

import psutil
import pytest

from gatewright.plans.launching.client import ProcessLauncher
from tests.unit.plans.launching.scene import KINDS, Bell, Scene

ALL = "\n".join(KINDS.values())
FOREVER = "\nexec sleep {mark}"
RING = "\necho > bell"


@pytest.fixture(params=["grouped", "alone"])
async def launcher(request: pytest.FixtureRequest) -> AsyncIterator[ProcessLauncher]:
    """With control groups, where this machine lets us make some, and without."""
    async with ProcessLauncher(grouped=request.param == "grouped") as launcher:
        yield launcher


async def cancelled(task: asyncio.Task[object]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("kind", KINDS)
async def test_left_by_a_success(launcher: ProcessLauncher, scene: Scene, kind: str) -> None:
    ended = await launcher.run(scene.shell(KINDS[kind]))
    assert (ended.exit_code, ended.survivors, scene.alive()) == (0, 1, [])


@pytest.mark.parametrize("kind", KINDS)
async def test_left_by_a_timeout(launcher: ProcessLauncher, scene: Scene, kind: str) -> None:
    ended = await launcher.run(scene.shell(KINDS[kind] + FOREVER, timeout_s=0.1, grace_s=0.1))
    assert (ended.timed_out, ended.exit_code, scene.alive()) == (True, None, [])


async def test_left_by_a_cancelled_step(
    launcher: ProcessLauncher, scene: Scene, bell: Bell
) -> None:
    step = asyncio.create_task(launcher.run(scene.shell(ALL + RING + FOREVER, grace_s=0.1)))
    await bell.rung()
    await cancelled(step)
    assert scene.alive() == []


async def test_left_by_a_closed_launcher(
    launcher: ProcessLauncher, scene: Scene, bell: Bell
) -> None:
    step = asyncio.create_task(launcher.run(scene.shell(ALL + RING + FOREVER)))
    await bell.rung()
    await launcher.close()
    assert (scene.alive(), (await step).error) == ([], "launcher closed")


async def test_sigterm_comes_first(launcher: ProcessLauncher, scene: Scene) -> None:
    spawn = scene.shell("trap 'echo cleaned; exit 7' TERM; sleep {mark} & wait", timeout_s=0.2)
    ended = await launcher.run(spawn)
    assert (ended.exit_code, ended.timed_out) == (7, True)
    assert spawn.stdout.read_text() == "cleaned\n"


async def test_the_grace_is_for_those_below_as_well(
    launcher: ProcessLauncher, scene: Scene, bell: Bell
) -> None:
    """The shell ends of SIGTERM at once; its child needs a moment, and has it."""
    # A sleep of its own would be deaf to a signal between its fork and its exec.
    child = "trap 'read _ < bell; echo cleaned; exit' TERM; echo > up; read _ < never"
    up, never = scene.bell("up"), scene.bell("never")
    spawn = scene.shell(f'sh -c "{child}"; exit')
    step = asyncio.create_task(launcher.run(spawn))
    await up.rung()
    step.cancel()
    bell.ring()
    with pytest.raises(asyncio.CancelledError):
        await step
    up.close()
    never.close()
    assert spawn.stdout.read_text() == "cleaned\n"


async def test_those_outside_its_group_are_asked_as_well(
    launcher: ProcessLauncher, scene: Scene, bell: Bell
) -> None:
    away = "trap 'echo cleaned; exit' TERM; echo > bell; read _ < never"
    never = scene.bell("never")
    spawn = scene.shell(f'setsid sh -c "{away}" & exec sleep {{mark}}')
    step = asyncio.create_task(launcher.run(spawn))
    await bell.rung()
    await cancelled(step)
    never.close()
    assert spawn.stdout.read_text() == "cleaned\n"


async def test_who_is_deaf_to_sigterm_is_killed(launcher: ProcessLauncher, scene: Scene) -> None:
    spawn = scene.shell("trap '' TERM; exec sleep {mark}", timeout_s=0.05, grace_s=0.1)
    ended = await launcher.run(spawn)
    assert (ended.signal, ended.timed_out) == (9, True)


async def test_who_has_stopped_itself_hears_of_the_end(
    launcher: ProcessLauncher, scene: Scene
) -> None:
    ended = await launcher.run(scene.shell("kill -STOP $$", timeout_s=0.1))
    assert (ended.signal, ended.timed_out) == (15, True)


async def test_a_second_cancel_ends_the_grace(
    launcher: ProcessLauncher, scene: Scene, bell: Bell
) -> None:
    step = asyncio.create_task(
        launcher.run(scene.shell("trap '' TERM" + RING + FOREVER, grace_s=3600))
    )
    await bell.rung()
    step.cancel()
    await asyncio.sleep(0)
    await asyncio.wait_for(cancelled(step), timeout=20)
    assert scene.alive() == []


async def test_a_cancel_during_the_grace_of_a_timeout(
    launcher: ProcessLauncher, scene: Scene, bell: Bell
) -> None:
    code = "trap 'echo > bell' TERM; while :; do sleep {mark} & wait; done"
    step = asyncio.create_task(launcher.run(scene.shell(code, timeout_s=0.1, grace_s=0.5)))
    await bell.rung()
    await cancelled(step)
    assert scene.alive() == []


async def test_cancelled_before_there_is_a_helper(launcher: ProcessLauncher, scene: Scene) -> None:
    step = asyncio.create_task(launcher.run(scene.shell(FOREVER)))
    await asyncio.sleep(0)
    await cancelled(step)
    assert (await launcher.run(scene.spawn("true"))).exit_code == 0


async def test_cancelled_before_it_has_begun(launcher: ProcessLauncher, scene: Scene) -> None:
    """Its worker hears both in one go."""
    who = scene.shell("echo $PPID")
    await launcher.run(who)
    worker = psutil.Process(int(who.stdout.read_text()))
    worker.suspend()
    step = asyncio.create_task(launcher.run(scene.shell(FOREVER)))
    await asyncio.sleep(0)
    step.cancel()
    await asyncio.sleep(0)
    worker.resume()
    await asyncio.wait([step])
    assert (step.cancelled(), scene.alive()) == (True, [])


async def test_one_whose_first_thread_has_ended(launcher: ProcessLauncher, scene: Scene) -> None:
    """It looks like a zombie, and is not dead."""
    code = (
        "import ctypes, signal, threading, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"threading.Thread(target=time.sleep, args=({scene.mark},)).start();"
        "ctypes.CDLL(None).pthread_exit(None)"
    )
    hidden = f"(setsid {sys.executable} -I -S -c '{code}' &); sleep 0.3"
    ended = await launcher.run(scene.shell(hidden))
    assert (ended.error, ended.survivors) == ("", 1)


async def test_two_hundred_that_fork(launcher: ProcessLauncher, scene: Scene, bell: Bell) -> None:
    """A tree in which every third one has left its session and its parent."""
    code = """
        grow() {{
            if [ $1 -gt 0 ]; then
                grow $(($1 - 1)) & grow $(($1 - 1)) &
                (setsid sh -c "echo > bell; sleep {mark}; :" &)
            fi
            echo > bell
            sleep {mark}
        }}
        grow 6; :"""
    step = asyncio.create_task(launcher.run(scene.shell(code, grace_s=0)))
    await bell.rung(127 + 63)
    await cancelled(step)
    assert scene.alive() == []


async def test_those_that_go_on_forking(launcher: ProcessLauncher, scene: Scene) -> None:
    code = "bomb() {{ sleep {mark} & (bomb &) }}; bomb; sleep 0.1"
    ended = await launcher.run(scene.shell(code))
    assert (ended.exit_code, scene.alive()) == (0, [])


async def test_a_neighbour_keeps_what_it_has_hidden(
    launcher: ProcessLauncher, scene: Scene, bell: Bell
) -> None:
    """One that hides its token and its session is told from a neighbour's, whoever ends first."""
    leave = scene.bell("leave")
    hiding = KINDS["daemon without a token"] + RING + "; read _ < leave"
    neighbour = asyncio.create_task(launcher.run(scene.shell(hiding)))
    await bell.rung()
    assert (await launcher.run(scene.shell(KINDS["child"]))).survivors == 1
    assert len(scene.alive()) == 1
    leave.ring()
    assert ((await neighbour).survivors, scene.alive()) == (1, [])
    leave.close()


async def test_a_killing_does_not_delay_a_neighbour(
    launcher: ProcessLauncher, scene: Scene, bell: Bell
) -> None:
    deaf = asyncio.create_task(
        launcher.run(scene.shell("trap '' TERM" + RING + FOREVER, grace_s=3600))
    )
    await bell.rung()
    deaf.cancel()
    began = time.monotonic()
    assert (await launcher.run(scene.spawn("true"))).exit_code == 0
    assert time.monotonic() - began < 10
    await cancelled(deaf)


async def test_no_survivors_of_a_tidy_step(launcher: ProcessLauncher, scene: Scene) -> None:
    ended = await launcher.run(scene.shell("sleep 0 & (setsid true &); wait; sleep 0.1"))
    assert (ended.exit_code, ended.survivors) == (0, 0)
