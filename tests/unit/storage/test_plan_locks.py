"""Named locks, within a process and between processes."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from gatewright.storage.plans.locks import FileLocks

ROOT = Path(__file__).parents[3]


@contextmanager
def holder(folder: Path, *names: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that has these locks, until it is killed or its stdin ends."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.unit.storage.plan_holder", str(folder), *names],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


async def use(locks: FileLocks, names: list[str], log: list[str], name: str) -> None:
    async with locks.hold(names):
        log.append(name)
        await asyncio.sleep(0)
        log.append(name)


async def waiting(folder: Path, count: int) -> None:
    """Until so many tickets of all locks are there."""
    while sum(len(list(one.glob("[0-9]*"))) for one in folder.iterdir()) < count:
        await asyncio.sleep(0.001)


async def test_one_has_it_at_a_time_in_the_order_of_asking(tmp_path: Path) -> None:
    locks, log = FileLocks(tmp_path), []
    async with locks.hold(["x"]):
        users = []
        for number in range(10):
            users.append(asyncio.ensure_future(use(locks, ["x"], log, str(number))))
            await waiting(tmp_path, number + 2)
        assert log == []
    await asyncio.gather(*users)
    assert log == [str(number) for number in range(10) for _ in range(2)]


async def test_locks_of_other_names_do_not_wait(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    names = ["x", "X", "x ", "x/../y", "", ".", "ü", "y" * 300, "y" * 301, "\0", "\udc80"]
    async with asyncio.timeout(10), locks.hold(names):
        async with locks.hold(["z"]):
            pass
        assert len(list(tmp_path.iterdir())) == len(names) + 1


async def test_several_are_taken_without_a_deadlock(tmp_path: Path) -> None:
    locks, other, log = FileLocks(tmp_path), FileLocks(tmp_path), []
    async with asyncio.timeout(30):
        await asyncio.gather(
            *(use(locks, ["a", "b", "a"], log, f"1{n}") for n in range(5)),
            *(use(other, ["b", "a"], log, f"2{n}") for n in range(5)),
        )
    assert log[::2] == log[1::2]
    assert len(set(log)) == 10


async def test_who_gives_up_while_waiting_is_in_nobodys_way(tmp_path: Path) -> None:
    locks, log = FileLocks(tmp_path), []
    async with locks.hold(["x"]):
        given_up = asyncio.ensure_future(use(locks, ["x"], log, "1"))
        await waiting(tmp_path, 2)
        after = asyncio.ensure_future(use(locks, ["x"], log, "2"))
        await waiting(tmp_path, 3)
        given_up.cancel()
        with suppress(asyncio.CancelledError):
            await given_up
    await after
    assert log == ["2", "2"]


async def test_it_is_released_when_its_user_fails(tmp_path: Path) -> None:
    locks, log = FileLocks(tmp_path), []
    with pytest.raises(ZeroDivisionError):
        async with locks.hold(["x", "y"]):
            raise ZeroDivisionError
    await use(locks, ["x", "y"], log, "1")
    assert not list(tmp_path.glob("*/[0-9]*"))


async def test_another_process_has_it_until_it_lets_go(tmp_path: Path) -> None:
    locks, log = FileLocks(tmp_path), []
    with holder(tmp_path, "x") as process:
        user = asyncio.ensure_future(use(locks, ["x"], log, "1"))
        await waiting(tmp_path, 2)
        assert log == []
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(user, 30)
    assert log == ["1", "1"]


@pytest.mark.parametrize("number", [signal.SIGKILL])
async def test_the_lock_of_a_dead_process_is_free(tmp_path: Path, number: int) -> None:
    locks, log = FileLocks(tmp_path), []
    with holder(tmp_path, "x", "y") as process:
        user = asyncio.ensure_future(use(locks, ["x"], log, "1"))
        await waiting(tmp_path, 3)
        os.kill(process.pid, number)
        await asyncio.wait_for(user, 30)
    assert log == ["1", "1"]
    assert not list((tmp_path).glob("x*/[0-9]*"))
