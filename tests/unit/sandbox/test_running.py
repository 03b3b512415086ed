import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from gatewright.domain.command import Command
from gatewright.domain.errors import InputError, WorkspaceError
from gatewright.domain.ports import Runner
from tests.unit.sandbox.support import shell


async def test_says_which_sandbox_it_was(runner: Runner, work: Path) -> None:
    assert (await runner.run(shell(work, "true"))).sandbox == runner.kind


async def test_stdin_reaches_the_command(runner: Runner, work: Path) -> None:
    sent = bytes(range(128)) * 4096
    completed = await runner.run(shell(work, "cat", stdin=sent))
    assert completed.stdout == sent.decode()[-256 * 1024 :]


async def test_without_stdin_there_is_nothing_to_read(confined: Runner, work: Path) -> None:
    completed = await confined.run(shell(work, "cat; echo done"))
    assert completed.stdout == "done\n"


async def test_stdout_and_stderr_are_apart(confined: Runner, work: Path) -> None:
    completed = await confined.run(shell(work, "echo out; echo err >&2"))
    assert (completed.stdout, completed.stderr) == ("out\n", "err\n")


@pytest.mark.parametrize(
    ("script", "returncode"),
    [("exit 0", 0), ("exit 3", 3), ("kill -TERM $$", -15), ("kill -KILL $$", -9)],
)
async def test_returncode(confined: Runner, work: Path, script: str, returncode: int) -> None:
    assert (await confined.run(shell(work, script))).returncode == returncode


async def test_a_program_that_does_not_exist(runner: Runner, work: Path) -> None:
    completed = await runner.run(Command(argv=("no-such-program",), cwd=work, timeout_s=30))
    assert (completed.returncode, "no-such-program" in completed.stderr) == (127, True)


async def test_a_program_that_cannot_be_executed(confined: Runner, work: Path) -> None:
    (work / "data").write_text("no program")
    completed = await confined.run(Command(argv=("./data",), cwd=work, timeout_s=30))
    assert (completed.returncode, "Permission denied" in completed.stderr) == (126, True)


async def test_output_that_is_not_utf_8(confined: Runner, work: Path) -> None:
    completed = await confined.run(shell(work, r"printf '\377a\376'; printf '\300' >&2"))
    assert (completed.stdout, completed.stderr) == ("\ufffda\ufffd", "\ufffd")


async def test_only_the_end_of_long_output_is_kept(confined: Runner, work: Path) -> None:
    completed = await confined.run(shell(work, "head -c 1000000 /dev/zero; echo end"))
    assert (len(completed.stdout), completed.stdout[-5:]) == (256 * 1024, "\0end\n")


async def test_usage_is_counted(confined: Runner, work: Path) -> None:
    completed = await confined.run(shell(work, "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"))
    assert completed.cpu_s is not None
    assert 0 < completed.cpu_s < completed.duration_s * 2 + 1
    assert completed.max_rss_bytes is not None
    assert 2**16 < completed.max_rss_bytes < 2**30


async def test_the_working_directory_is_writable(confined: Runner, work: Path) -> None:
    await confined.run(shell(work, "mkdir new && echo text > new/file"))
    assert (work / "new" / "file").read_text() == "text\n"


async def test_directories_of_any_name(confined: Runner, tmp_path: Path) -> None:
    folder = tmp_path / " -two words" / "na\u00efve\nline $HOME;'\""
    folder.mkdir(parents=True)
    completed = await confined.run(shell(folder, "pwd -P; echo text > file"))
    assert completed.stdout == f"{folder}\n"
    assert (folder / "file").exists()


async def test_a_directory_behind_a_link(confined: Runner, tmp_path: Path, work: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(work)
    await confined.run(shell(link, f"echo a > '{link}/one'; echo b > '{work}/two'"))
    assert sorted(path.name for path in work.iterdir()) == ["one", "two"]


async def test_a_further_writable_directory(confined: Runner, tmp_path: Path, work: Path) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    command = replace(shell(work, f"echo x > '{reports}/junit.xml'"), writable=(reports,))
    await confined.run(command)
    assert (reports / "junit.xml").read_text() == "x\n"


async def test_home_and_tmp_are_new_for_each_command(confined: Runner, work: Path) -> None:
    leave = 'echo a > "$HOME/left"; echo b > "$TMPDIR/left"; '
    look = 'for d in "$HOME" "$TMPDIR"; do test -e "$d/left" && echo seen || echo new; done'
    outputs = [(await confined.run(shell(work, script))).stdout for script in (leave + look, look)]
    assert outputs == ["seen\nseen\n", "new\nnew\n"]


async def test_nothing_is_left_in_the_scratch_folder(
    confined: Runner, scratch: Path, work: Path
) -> None:
    await confined.run(shell(work, 'mkdir "$HOME/d"; touch "$HOME/d/f"; chmod 0 "$HOME/d"'))
    assert list(scratch.iterdir()) == []


async def test_two_commands_run_at_once(confined: Runner, work: Path) -> None:
    os.mkfifo(work / "there")
    os.mkfifo(work / "back")
    first, second = await asyncio.gather(
        confined.run(shell(work, "echo ping > there; cat back")),
        confined.run(shell(work, "cat there; echo pong > back")),
    )
    assert (first.stdout, second.stdout) == ("pong\n", "ping\n")


async def test_the_event_loop_goes_on_while_a_command_runs(confined: Runner, work: Path) -> None:
    os.mkfifo(work / "go")
    go = os.open(work / "go", os.O_RDWR | os.O_NONBLOCK)

    async def tick() -> None:
        for _ in range(100):
            await asyncio.sleep(0.001)
        os.write(go, b"ticked\n")

    completed, _ = await asyncio.gather(
        confined.run(shell(work, "read word < go; echo $word")), tick()
    )
    os.close(go)
    assert (completed.stdout, completed.timed_out) == ("ticked\n", False)


async def test_no_blocking_call_is_made_on_the_event_loop(runner: Runner, work: Path) -> None:
    with blockbuster_ctx():
        read = await runner.run(shell(work, "cat", stdin=b"text"))
        hung = await runner.run(shell(work, "exec sleep 600", timeout_s=0.1))
    assert (read.stdout, hung.timed_out) == ("text", True)


async def test_a_missing_working_directory(confined: Runner, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="no working directory"):
        await confined.run(shell(tmp_path / "missing", "true"))


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("argv", {"argv": ()}),
        ("argv", {"argv": ("",)}),
        ("argv", {"argv": ("echo", "a\0b")}),
        ("argv", {"argv": ("echo", "\ud800")}),
        ("env", {"env": {"A=B": "c"}}),
        ("env", {"env": {"": "c"}}),
        ("env", {"env": {"A": "\0"}}),
        ("readable", {"readable": (Path("/"),)}),
        ("readable", {"readable": (Path("relative"),)}),
        ("readable", {"readable": (Path("/usr/../etc"),)}),
    ],
)
async def test_a_malformed_command(
    confined: Runner, work: Path, field: str, change: dict[str, object]
) -> None:
    command = replace(shell(work, "touch ran"), **change)  # type: ignore[arg-type]
    with pytest.raises(InputError) as refusal:
        await confined.run(command)
    assert (refusal.value.field, (work / "ran").exists()) == (field, False)
