"""Helpers that are killed: by a step, by the machine's out-of-memory killer, by anybody."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gatewright.plans.launching import groups
from gatewright.plans.launching.client import ProcessLauncher
from tests.unit.plans.launching.scene import KINDS, Bell, Scene, gone

ALL = "\n".join(KINDS.values())


def helpers(of: int) -> tuple[psutil.Process, list[psutil.Process]]:
    """The master, and its workers."""
    (master,) = (
        child
        for child in psutil.Process(of).children()
        if "gatewright.plans.launching.master" in " ".join(child.cmdline())
    )
    return master, master.children()


@pytest.fixture
def frozen() -> Iterator[Path]:
    """A control group of version 1 whose members not even SIGKILL reaches while they are frozen."""
    folder = Path(f"/sys/fs/cgroup/freezer/gatewright-test-{os.getpid()}")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("needs a freezer of version 1 that may be written to")
    yield folder
    members = [int(pid) for pid in (folder / "cgroup.procs").read_text().split()]
    (folder / "freezer.state").write_text("THAWED")
    asyncio.run(gone(members))
    folder.rmdir()


@pytest.mark.parametrize("grouped", [True, False])
async def test_a_step_that_kills_its_worker(scene: Scene, grouped: bool) -> None:
    async with ProcessLauncher(grouped=grouped) as launcher:
        ended = await launcher.run(scene.shell(ALL + "\nkill -9 $PPID; exec sleep {mark}"))
    assert (ended.exit_code, ended.signal, scene.alive()) == (None, None, [])
    assert ended.error.startswith("launcher lost")


async def test_the_next_step_has_another_worker(launcher: ProcessLauncher, scene: Scene) -> None:
    await launcher.run(scene.shell("kill -9 $PPID"))
    assert (await launcher.run(scene.spawn("true"))).exit_code == 0


async def test_a_worker_that_dies_idle(launcher: ProcessLauncher, scene: Scene) -> None:
    await launcher.run(scene.spawn("true"))
    _, (worker,) = helpers(os.getpid())
    worker.kill()
    await gone([worker.pid])
    await launcher.run(scene.spawn("true"))  # perhaps before its end was heard of
    assert (await launcher.run(scene.spawn("true"))).exit_code == 0


async def test_the_master_is_missed_by_nobody(
    launcher: ProcessLauncher, scene: Scene, bell: Bell
) -> None:
    code = "echo > bell; read _ < bell2; exit 5"
    bell2 = scene.bell("bell2")
    step = asyncio.create_task(launcher.run(scene.shell(code)))
    await bell.rung()
    master, _ = helpers(os.getpid())
    master.kill()
    await gone([master.pid])
    assert (await launcher.run(scene.spawn("true"))).exit_code == 0
    bell2.ring()
    assert (await step).exit_code == 5
    bell2.close()


async def test_all_helpers_are_killed(launcher: ProcessLauncher, scene: Scene, bell: Bell) -> None:
    """Without control groups, what has hidden its token as well would be out of reach."""
    left_out = "nothing" if groups.find() else "daemon without a token"
    kinds = "\n".join(code for kind, code in KINDS.items() if kind != left_out)
    code = kinds + "\necho > bell; exec sleep {mark}"
    steps = [asyncio.create_task(launcher.run(scene.shell(code))) for _ in range(3)]
    await bell.rung(3)
    master, workers = helpers(os.getpid())
    for process in (master, *workers):
        process.send_signal(signal.SIGSTOP)
    for process in (master, *workers):
        process.kill()
    ends = await asyncio.gather(*steps)
    assert [ended.error.startswith("launcher lost") for ended in ends] == [True] * 3
    assert scene.alive() == []


async def test_a_step_goes_on_after_that(launcher: ProcessLauncher, scene: Scene) -> None:
    await launcher.run(scene.spawn("true"))
    master, workers = helpers(os.getpid())
    for process in (master, *workers):
        process.kill()
    await gone([master.pid, *(worker.pid for worker in workers)])
    await launcher.run(scene.spawn("true"))  # perhaps before their end was heard of
    assert (await launcher.run(scene.spawn("true"))).exit_code == 0


async def test_cancelled_while_its_worker_is_dead(
    launcher: ProcessLauncher, scene: Scene, bell: Bell
) -> None:
    code = "trap '' TERM; echo > bell; sleep {mark}; kill -9 $PPID"
    step = asyncio.create_task(launcher.run(scene.shell(code)))
    await bell.rung()
    step.cancel()
    await asyncio.sleep(0)
    _, (worker,) = helpers(os.getpid())
    worker.kill()
    await asyncio.wait([step])
    assert (step.cancelled(), scene.alive()) == (True, [])


async def test_what_cannot_be_killed(frozen: Path, scene: Scene) -> None:
    async with ProcessLauncher(give_up_s=0.2) as launcher:
        code = f"echo $$ > {frozen}/cgroup.procs; echo FROZEN > {frozen}/freezer.state"
        ended = await launcher.run(scene.shell(code, timeout_s=0.1, grace_s=0.1))
        assert (ended.exit_code, ended.timed_out) == (None, True)
        assert "1 processes cannot be killed" in ended.error
        assert (await launcher.run(scene.spawn("true"))).exit_code == 0


async def test_closed_before_anything(scene: Scene) -> None:
    launcher = ProcessLauncher()
    await launcher.close()
    assert (await launcher.run(scene.spawn("true"))).error == "launcher closed"


async def test_closing_leaves_no_helper(scene: Scene) -> None:
    async with ProcessLauncher() as launcher:
        await asyncio.gather(*(launcher.run(scene.spawn("true")) for _ in range(4)))
        master, workers = helpers(os.getpid())
    assert not any(Path(f"/proc/{process.pid}").exists() for process in (master, *workers))


async def test_there_is_no_helper_before_the_first_step() -> None:
    before = psutil.Process().children()  # the guardian of sandboxes, after a test of these
    async with ProcessLauncher():
        assert psutil.Process().children() == before
