"""Steps that cannot be started: an error that says what to do, and the launcher goes on."""

import asyncio
import re
import resource
from pathlib import Path
from typing import Any

import pytest

from gatewright.plans.launching.client import ProcessLauncher
from tests.unit.plans.launching.scene import Scene


def script(folder: Path, text: str, *, mode: int) -> str:
    path = folder / "script"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "no arguments": ({"argv": ()}, "argv is empty"),
    "no such program": ({"argv": ("no-such-program",)}, "no such program on PATH"),
    "no such file": ({"argv": ("./no-such-file",)}, "No such file"),
    "an empty name": ({"argv": ("",)}, "''"),
    "a NUL in the name": ({"argv": ("a\0b",)}, "null byte"),
    "a NUL in an argument": ({"argv": ("true", "a\0b")}, "null byte"),
    "half a pair": ({"argv": ("true", "\ud800")}, "surrogates not allowed"),
    "a long argument": ({"argv": ("true", "x" * 2**20)}, "Argument list too long: hand"),
    "a variable without a name": ({"env": {"": "x"}}, "illegal environment variable name"),
    "a variable's name": ({"env": {"A=B": "x"}}, "illegal environment variable name"),
    "no such folder": ({"cwd": "/no/such/folder"}, "cwd '/no/such/folder': No such file"),
    "a file as its folder": ({"cwd": "/etc/passwd"}, "cwd '/etc/passwd': Not a directory"),
    "a NUL in its folder": ({"cwd": "/\0"}, "cwd .*null"),
    "a relative folder": ({"cwd": "here"}, "'here' is a relative path"),
    "a relative output file": ({"stdout": Path("here")}, "'here' is a relative path"),
    "no folder for output": ({"stdout": Path("/no/such/x")}, "output file '/no/such/x'"),
    "a folder as output": ({"stderr": Path("/tmp")}, "output file '/tmp'"),
    "a read-only place": ({"stderr": Path("/proc/x")}, "output file '/proc/x'"),
}


@pytest.mark.parametrize("case", CASES)
async def test_error(launcher: ProcessLauncher, scene: Scene, case: str) -> None:
    but, says = CASES[case]
    ended = await launcher.run(scene.spawn(**{"argv": ("true",), **but}))
    assert (ended.exit_code, ended.signal, ended.timed_out) == (None, None, False)
    assert re.search(says, ended.error), ended.error


async def test_not_executable(launcher: ProcessLauncher, scene: Scene) -> None:
    name = script(scene.folder, "#!/bin/sh\n", mode=0o600)
    assert "make it executable" in (await launcher.run(scene.spawn(name))).error


async def test_not_executable_on_the_path(launcher: ProcessLauncher, scene: Scene) -> None:
    script(scene.folder, "#!/bin/sh\n", mode=0o600)
    ended = await launcher.run(scene.spawn("script", env={"PATH": str(scene.folder)}))
    assert "make it executable" in ended.error


async def test_no_first_line(launcher: ProcessLauncher, scene: Scene) -> None:
    name = script(scene.folder, "echo\n", mode=0o700)
    assert "#!/bin/sh" in (await launcher.run(scene.spawn(name))).error


async def test_no_interpreter(launcher: ProcessLauncher, scene: Scene) -> None:
    name = script(scene.folder, "#!/no/such/interpreter\n", mode=0o700)
    assert "interpreter" in (await launcher.run(scene.spawn(name))).error


async def test_an_error_is_short(launcher: ProcessLauncher, scene: Scene) -> None:
    ended = await launcher.run(scene.spawn("x" * 2**20))
    assert 0 < len(ended.error) < 2000


async def test_the_next_step_runs(launcher: ProcessLauncher, scene: Scene) -> None:
    for but, _ in CASES.values():
        await launcher.run(scene.spawn(**{"argv": ("true",), **but}))
    assert (await launcher.run(scene.spawn("true"))).exit_code == 0


async def test_no_descriptors_left(launcher: ProcessLauncher, scene: Scene) -> None:
    assert (await launcher.run(scene.spawn("true"))).exit_code == 0
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        ends = await asyncio.gather(*(launcher.run(scene.spawn("true")) for _ in range(2)))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    # The one worker that there is needs none of ours.
    assert sorted(ended.error for ended in ends) == [
        "",
        "no process for the step: Too many open files",
    ]
