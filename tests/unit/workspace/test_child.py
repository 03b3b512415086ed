"""A short process of our own: its output, its end, what it used, and nothing left of it."""

import asyncio
import errno
import os
import signal
from pathlib import Path

import pytest

from gatewright.domain.usage import ChildUsage, hear
from gatewright.workspace.child import Child

BURN = "import time\nwhile time.thread_time() < .1: pass"


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def ran(*argv: str, cwd: Path, stdin: bytes = b"") -> Child:
    child = Child(argv, cwd=cwd, env={"PATH": os.defpath}, stdin=stdin)
    await child.ended()
    child.collect()
    return child


async def test_it_is_given_its_input_and_its_output_is_kept_apart(tmp_path: Path):
    child = await ran("sh", "-c", "cat; echo oops >&2; exit 3", cwd=tmp_path, stdin=b"in\0put")
    assert (child.stdout, child.stderr, child.returncode) == (b"in\0put", b"oops\n", 3)


async def test_much_output_is_no_reason_to_wait(tmp_path: Path):
    child = await ran("head", "-c", "5000000", "/dev/zero", cwd=tmp_path)
    assert (len(child.stdout), child.returncode) == (5_000_000, 0)


async def test_what_it_and_its_children_used_is_told_at_its_end(tmp_path: Path):
    heard: list[ChildUsage] = []
    stop = hear(heard.append)
    await ran("sh", "-c", f"python3 -c '{BURN}'; true", cwd=tmp_path)
    stop()
    [usage] = heard
    assert 0.1 <= (usage.cpu_s or 0) < 0.3


async def test_nothing_is_left_open(tmp_path: Path):
    await ran("true", cwd=tmp_path)  # the loop opens some of its own
    before = descriptors()
    await ran("true", cwd=tmp_path)
    with pytest.raises(FileNotFoundError):
        await ran("/no/such/program", cwd=tmp_path)
    assert descriptors() == before


async def test_a_destroyed_process_takes_its_group_along(tmp_path: Path):
    pids, begun = tmp_path / "pids", tmp_path / "begun"
    os.mkfifo(begun)
    script = f"trap '' TERM; sleep 300 & echo $$ $! > {pids}; echo > {begun}; wait"
    child = Child(("sh", "-c", script), cwd=tmp_path, env={"PATH": os.defpath})
    await asyncio.to_thread(begun.read_bytes)
    await asyncio.to_thread(child.destroy)
    assert child.returncode == -signal.SIGKILL
    left, alone = pids.read_text().split()
    for pid in (left, alone):
        assert not Path("/proc", pid, "exe").exists()


def test_its_end_is_seen_on_uvloop_too(tmp_path: Path):
    uvloop = pytest.importorskip("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(ran("echo", "hello", cwd=tmp_path)).stdout == b"hello\n"


def test_one_that_cannot_be_watched_does_not_run_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    def refuse(pid: int) -> int:
        started.append(pid)
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    with pytest.raises(OSError, match="Too many open files"):
        Child(("/bin/sleep", "60"), cwd=tmp_path, env={})
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)
