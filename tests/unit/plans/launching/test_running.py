import asyncio
import os
import sys
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from gatewright.plans.launching.client import ProcessLauncher
from tests.unit.plans.launching.scene import Scene


async def printed(launcher: ProcessLauncher, scene: Scene, code: str, **but: object) -> str:
    """What a shell prints that succeeds."""
    spawn = scene.shell(code, **but)
    ended = await launcher.run(spawn)
    assert (ended.exit_code, ended.error) == (0, ""), spawn.stderr.read_text()
    return spawn.stdout.read_text() if spawn.stdout.exists() else ""


@pytest.mark.parametrize("code", [0, 1, 3, 127, 255])
async def test_exit_codes(launcher: ProcessLauncher, scene: Scene, code: int) -> None:
    ended = await launcher.run(scene.shell(f"exit {code}"))
    assert (ended.exit_code, ended.signal, ended.error) == (code, None, "")


async def test_signals(launcher: ProcessLauncher, scene: Scene) -> None:
    ended = await launcher.run(scene.shell("kill -USR1 $$"))
    assert (ended.exit_code, ended.signal, ended.timed_out) == (None, 10, False)


async def test_output_is_in_its_files(launcher: ProcessLauncher, scene: Scene) -> None:
    spawn = scene.shell("printf out; printf err >&2")
    await launcher.run(spawn)
    assert (spawn.stdout.read_text(), spawn.stderr.read_text()) == ("out", "err")


async def test_output_is_whatever_it_is(launcher: ProcessLauncher, scene: Scene) -> None:
    size = 64 * 2**20
    spawn = scene.shell(f"head -c {size} /dev/urandom")
    await launcher.run(spawn)
    assert spawn.stdout.stat().st_size == size


async def test_files_of_an_earlier_run_are_made_anew(
    launcher: ProcessLauncher, scene: Scene
) -> None:
    spawn = scene.shell("printf new")
    spawn.stdout.write_text("something longer")
    await launcher.run(spawn)
    assert spawn.stdout.read_text() == "new"


async def test_output_does_not_follow_a_link(launcher: ProcessLauncher, scene: Scene) -> None:
    precious = scene.folder / "precious"
    precious.write_text("precious")
    spawn = scene.shell("printf new")
    spawn.stdout.symlink_to(precious)
    await launcher.run(spawn)
    assert precious.read_text() == "precious"


async def test_output_does_not_go_into_a_pipe(launcher: ProcessLauncher, scene: Scene) -> None:
    spawn = scene.shell("printf new")
    os.mkfifo(spawn.stdout)
    await launcher.run(spawn)
    assert spawn.stdout.read_text() == "new"


async def test_output_is_for_its_owner(launcher: ProcessLauncher, scene: Scene) -> None:
    spawn = scene.shell("printf secret")
    await launcher.run(spawn)
    assert spawn.stdout.stat().st_mode & 0o777 == 0o600


async def test_variables_are_added(scene: Scene) -> None:
    async with ProcessLauncher({"PATH": os.environ["PATH"], "A": "a", "B": "b"}) as launcher:
        said = await printed(launcher, scene, "echo $A $B $C", env={"B": "x\ny é", "C": "c"})
    assert said == "a x y é c\n"


async def test_keys_are_not_inherited(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "GATEWRIGHT_HOME", "LANGSMITH_ENDPOINT", "KEPT"):
        monkeypatch.setenv(name, "value")
    async with ProcessLauncher() as launcher:
        said = await printed(launcher, scene, "env")
    names = {line.partition("=")[0] for line in said.splitlines()}
    assert names & {"OPENAI_API_KEY", "GATEWRIGHT_HOME", "LANGSMITH_ENDPOINT", "KEPT"} == {"KEPT"}


async def test_the_token_is_there(launcher: ProcessLauncher, scene: Scene) -> None:
    said = await printed(launcher, scene, "echo $GATEWRIGHT_PLAN_TOKEN", token="t-1")
    assert said == "t-1\n"


async def test_the_folder(launcher: ProcessLauncher, scene: Scene) -> None:
    folder = scene.folder / "a folder é"
    folder.mkdir()
    assert await printed(launcher, scene, "pwd", cwd=str(folder)) == f"{folder}\n"


async def test_programs_are_found_on_the_path_of_the_step(
    launcher: ProcessLauncher, scene: Scene
) -> None:
    program = scene.folder / "bin" / "true"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho ours\n")
    program.chmod(0o700)
    spawn = scene.spawn("true", env={"PATH": f"{program.parent}:/usr/bin:/bin"})
    await launcher.run(spawn)
    assert spawn.stdout.read_text() == "ours\n"


async def test_programs_of_the_folder(launcher: ProcessLauncher, scene: Scene) -> None:
    program = scene.folder / "program"
    program.write_text("#!/bin/sh\necho ours\n")
    program.chmod(0o700)
    spawn = scene.spawn("./program")
    await launcher.run(spawn)
    assert spawn.stdout.read_text() == "ours\n"


async def test_nothing_to_read(launcher: ProcessLauncher, scene: Scene) -> None:
    assert await printed(launcher, scene, "cat") == ""


async def test_a_session_of_its_own(launcher: ProcessLauncher, scene: Scene) -> None:
    fields = (await printed(launcher, scene, "cat /proc/$$/stat")).rpartition(")")[2].split()
    _, _, group, session, terminal = fields[:5]
    assert (group, terminal) == (session, "0")


async def test_no_signal_is_ignored_or_blocked(launcher: ProcessLauncher, scene: Scene) -> None:
    said = await printed(launcher, scene, "grep -E '^Sig(Ign|Blk)' /proc/self/status")
    # 32 and 33 are the C library's own, which its posix_spawn ignores.
    sets = [int(line.split()[1], 16) & ~(0b11 << 31) for line in said.splitlines()]
    assert sets == [0, 0]


async def test_no_file_of_ours_is_open(launcher: ProcessLauncher, scene: Scene) -> None:
    with (scene.folder / "ours").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        said = await printed(launcher, scene, "ls /proc/$$/fd")
    assert said.split() == ["0", "1", "2"]


async def test_what_it_took(launcher: ProcessLauncher, scene: Scene) -> None:
    code = "import time; b = bytearray(200 << 20)\nwhile time.process_time() < .2: pass"
    ended = await launcher.run(scene.spawn(sys.executable, "-I", "-S", "-c", code))
    assert ended.cpu_s is not None
    assert ended.max_rss_bytes is not None
    assert 0.2 <= ended.cpu_s < ended.duration_s + 0.1
    assert 200 << 20 <= ended.max_rss_bytes < 300 << 20


async def test_long_arguments(launcher: ProcessLauncher, scene: Scene) -> None:
    words = ["x" * 100_000] * 10
    said = scene.spawn("sh", "-c", "printf %s $*", "sh", *words)
    await launcher.run(said)
    assert said.stdout.stat().st_size == 1_000_000


async def test_arguments_that_are_no_text(launcher: ProcessLauncher, scene: Scene) -> None:
    spawn = scene.spawn("printf", "%s", os.fsdecode(b"\xff\xfe"))
    await launcher.run(spawn)
    assert spawn.stdout.read_bytes() == b"\xff\xfe"


async def test_more_steps_than_may_run_at_a_time(scene: Scene) -> None:
    async with ProcessLauncher(most_at_once=2) as launcher:
        ends = await asyncio.gather(*(launcher.run(scene.spawn("true")) for _ in range(9)))
    assert {ended.exit_code for ended in ends} == {0}


async def test_many_at_once(launcher: ProcessLauncher, scene: Scene) -> None:
    bells = scene.bell("arrived"), scene.bell("leave")
    code = "echo > arrived; read _ < leave"
    steps = [asyncio.create_task(launcher.run(scene.shell(code))) for _ in range(60)]
    await bells[0].rung(len(steps))
    for _ in steps:
        bells[1].ring()
    assert {ended.exit_code for ended in await asyncio.gather(*steps)} == {0}
    for bell in bells:
        bell.close()


async def test_the_event_loop_is_not_blocked(scene: Scene) -> None:
    with blockbuster_ctx():
        async with ProcessLauncher() as launcher:
            assert (await launcher.run(scene.spawn("true"))).exit_code == 0
            assert (await launcher.run(scene.shell("kill -9 $PPID"))).error != ""


@pytest.mark.slow
async def test_ten_thousand(launcher: ProcessLauncher, scene: Scene) -> None:
    spawn = scene.spawn("true")

    async def some() -> set[int | None]:
        return {(await launcher.run(spawn)).exit_code for _ in range(10_000)}

    before = len(list(Path("/proc/self/fd").iterdir()))
    assert await some() == {0}
    assert len(list(Path("/proc/self/fd").iterdir())) - before < 8
