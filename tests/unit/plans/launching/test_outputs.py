"""The files of steps: there when something was written or one may want to look, and no sooner."""

import asyncio
import os
from pathlib import Path

import pytest

from gatewright.plans.launching.client import ProcessLauncher
from gatewright.plans.launching.outputs import Output
from tests.unit.plans.launching.scene import Bell, Scene


async def test_a_step_that_writes_nothing_has_no_files(
    launcher: ProcessLauncher, scene: Scene
) -> None:
    spawn = scene.spawn("true")
    await launcher.run(spawn)
    assert list(scene.folder.iterdir()) == []


async def test_what_was_there_before_is_gone(launcher: ProcessLauncher, scene: Scene) -> None:
    spawn = scene.spawn("true")
    spawn.stdout.write_text("of somebody else")
    await launcher.run(spawn)
    # On a busy machine it ran for a moment, and has an empty file.
    assert not spawn.stdout.exists() or spawn.stdout.read_bytes() == b""


async def test_steps_write_to_their_own_files_one_after_the_other(
    launcher: ProcessLauncher, scene: Scene
) -> None:
    quiet, loud, louder = scene.spawn("true"), scene.shell("echo 1"), scene.shell("echo 2 >&2")
    for spawn in (quiet, loud, louder):
        await launcher.run(spawn)
    written = {path.name: path.read_text() for path in scene.folder.iterdir()}
    assert {name: text for name, text in written.items() if text} == {
        loud.stdout.name: "1\n",
        louder.stderr.name: "2\n",
    }


async def test_output_is_read_while_the_step_runs(
    launcher: ProcessLauncher, scene: Scene, bell: Bell
) -> None:
    # It rings when it has seen its own file under its name.
    spawn = scene.shell("echo begun; until [ -s step1.stdout ]; do :; done; echo > bell; read _")
    step = asyncio.create_task(launcher.run(spawn))
    await bell.rung()
    assert spawn.stdout.read_text() == "begun\n"
    await step


async def test_nothing_of_a_step_s_descriptors_reaches_the_next_one(
    launcher: ProcessLauncher, scene: Scene
) -> None:
    """An offset would make the next output begin with zeros."""
    await launcher.run(
        scene.spawn("python3", "-c", "import os; os.lseek(1, 100, 0); os.set_blocking(2, False)")
    )
    spawn = scene.shell("grep flags /proc/self/fdinfo/2 > flags; printf x")
    await launcher.run(spawn)
    assert spawn.stdout.read_bytes() == b"x"
    flags = int((scene.folder / "flags").read_text().split()[1], 8)
    assert (flags & os.O_NONBLOCK, flags & os.O_APPEND) == (0, os.O_APPEND)


def test_where_files_cannot_be_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a file system without `O_TMPFILE`: the open of a folder for writing fails so."""
    monkeypatch.setattr(os, "O_TMPFILE", 0)
    output, path = Output(), tmp_path / "1.stdout"
    descriptor = output.open(str(path))
    os.write(descriptor, b"x")
    output.settle()
    assert path.read_bytes() == b"x"
