"""One run of a task at a time, in one process as among many."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gatewright.domain.errors import ThreadBusy
from gatewright.storage.locks import hold_task, task_lock


def test_a_second_run_in_the_same_process_is_refused(tmp_path: Path) -> None:
    with (
        task_lock(tmp_path, "t"),
        pytest.raises(ThreadBusy, match=f"process {os.getpid()}"),
        task_lock(tmp_path, "t"),
    ):
        pass


def test_a_lock_is_free_after_its_block_even_by_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), task_lock(tmp_path, "t"):
        raise KeyError
    with task_lock(tmp_path, "t"):
        pass


def test_a_refused_run_does_not_free_the_lock(tmp_path: Path) -> None:
    with task_lock(tmp_path, "t"):
        for _ in range(2):
            with pytest.raises(ThreadBusy), task_lock(tmp_path, "t"):
                pass


def test_two_tasks_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with task_lock(tmp_path, "a"), task_lock(tmp_path, "b"):
        assert sorted(file.name for file in tmp_path.iterdir()) == ["a.lock", "b.lock"]


def test_the_owner_is_written_over_a_longer_one(tmp_path: Path) -> None:
    (tmp_path / "t.lock").write_text(json.dumps({"pid": 10**30}))
    with task_lock(tmp_path, "t"):
        assert json.loads((tmp_path / "t.lock").read_text()) == {"pid": os.getpid()}


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", "\xff", "{", "[" * 100])
def test_an_owner_who_cannot_be_read_is_another_process(tmp_path: Path, text: str) -> None:
    with task_lock(tmp_path, "t"):
        (tmp_path / "t.lock").write_text(text, encoding="latin-1")
        with pytest.raises(ThreadBusy, match="another process"), task_lock(tmp_path, "t"):
            pass


def test_a_child_does_not_inherit_the_lock(tmp_path: Path) -> None:
    """Else a child that outlives its run would keep the task from being run again."""
    with (
        task_lock(tmp_path, "t"),
        subprocess.Popen(
            [sys.executable, "-c", "print('up', flush=True); input()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            close_fds=False,
        ) as child,
    ):
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        descriptors = Path(f"/proc/{child.pid}/fd")
        held = [str(descriptor.readlink()) for descriptor in descriptors.iterdir()]
        child.communicate(b"\n")
    assert str(tmp_path / "t.lock") not in held


async def test_a_lock_is_let_go_when_its_taking_is_cancelled(tmp_path: Path) -> None:
    async def take() -> None:
        async with hold_task(tmp_path, "t1"):
            pytest.fail("it was cancelled before")

    taking = asyncio.create_task(take())
    await asyncio.sleep(0)  # now a thread takes it, or has it already
    taking.cancel()
    with pytest.raises(asyncio.CancelledError) as kept:
        await taking
    with task_lock(tmp_path, "t1"):
        pass
    # Nor does whoever keeps the error, and by it the frames, keep the lock.
    assert kept.tb is not None
