"""Steps in the sandbox: the same port, the real sandbox of this machine."""

import asyncio
from pathlib import Path

import pytest

from gatewright.domain.command import Command, Completed, SandboxKind
from gatewright.domain.errors import SandboxUnavailable
from gatewright.domain.ports import Runner
from gatewright.plans.launching.confined import ConfinedLauncher
from gatewright.workspace.sandbox.choose import choose
from tests.unit.plans.launching.scene import KINDS, Scene


@pytest.fixture
async def confined(tmp_path_factory: pytest.TempPathFactory) -> ConfinedLauncher:
    runner, _ = await choose("auto", scratch=tmp_path_factory.mktemp("scratch"))
    return ConfinedLauncher(runner)


class Broken:
    """A runner on a machine that has no sandbox."""

    kind: SandboxKind = "bubblewrap"
    label = "none"

    async def run(self, command: Command) -> Completed:
        raise SandboxUnavailable("no user namespaces here", "Allow them.")


async def test_it_writes_its_files(confined: ConfinedLauncher, scene: Scene) -> None:
    spawn = scene.shell("echo out; echo err >&2; exit 3")
    ended = await confined.run(spawn)
    assert (ended.exit_code, ended.signal, ended.error) == (3, None, "")
    assert (spawn.stdout.read_text(), spawn.stderr.read_text()) == ("out\n", "err\n")


async def test_what_it_may_write(confined: ConfinedLauncher, scene: Scene) -> None:
    outside, own, work = (scene.folder / name for name in ("outside", "own", "work"))
    for folder in (outside, own, work):
        folder.mkdir()
    code = f"echo x > here; echo x > $PLAN_RUN_DIR/there; echo x > {outside}/out"
    await confined.run(scene.shell(code, env={"PLAN_RUN_DIR": str(own)}, cwd=str(work)))
    written = [(work / "here").exists(), (own / "there").exists(), (outside / "out").exists()]
    assert written == [True, True, False]


async def test_the_token_is_there(confined: ConfinedLauncher, scene: Scene) -> None:
    spawn = scene.shell("echo $GATEWRIGHT_PLAN_TOKEN", token="t-1")
    await confined.run(spawn)
    assert spawn.stdout.read_text() == "t-1\n"


async def test_a_timeout(confined: ConfinedLauncher, scene: Scene) -> None:
    ended = await confined.run(scene.shell("exec sleep {mark}", timeout_s=0.3))
    assert (ended.exit_code, ended.timed_out, scene.alive()) == (None, True, [])


@pytest.mark.parametrize("kind", ["session", "daemon without a token"])
async def test_what_it_leaves(confined: ConfinedLauncher, scene: Scene, kind: str) -> None:
    await confined.run(scene.shell(KINDS[kind]))
    assert scene.alive() == []


async def test_more_output_than_the_sandbox_allows(
    confined: ConfinedLauncher, scene: Scene
) -> None:
    ended = await confined.run(scene.shell("head -c 70000000 /dev/zero; sleep {mark}"))
    assert (ended.exit_code, ended.signal) == (None, None)
    assert "printed more" in ended.error


async def test_an_old_output_is_gone_when_there_is_no_sandbox(scene: Scene) -> None:
    broken: Runner = Broken()
    spawn = scene.spawn("true")
    spawn.stdout.write_text("old")
    ended = await ConfinedLauncher(broken).run(spawn)
    assert (ended.exit_code, ended.error) == (None, "no user namespaces here. Allow them.")
    assert spawn.stdout.read_text() == ""


async def test_no_folder_for_its_output(confined: ConfinedLauncher, scene: Scene) -> None:
    ended = await confined.run(scene.spawn("true", stdout=Path("/no/such/x")))
    assert "/no/such/x" in ended.error


async def test_cancelled(confined: ConfinedLauncher, scene: Scene) -> None:
    up = scene.bell("up")
    step = asyncio.create_task(confined.run(scene.shell("echo > up; exec sleep {mark}")))
    await up.rung()
    step.cancel()
    await asyncio.wait([step])
    up.close()
    assert (step.cancelled(), scene.alive()) == (True, [])
