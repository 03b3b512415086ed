"""Ctrl-C while a plan runs."""

import asyncio
import os
import signal

import pytest

from gatewright.cli.plans.signals import STOPPING, Stopping


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_the_first_signal_asks_and_the_work_ends_as_it_likes(number: signal.Signals) -> None:
    notes: list[str] = []
    stopping = Stopping(notes.append)

    async def work() -> str:
        os.kill(os.getpid(), number)
        await stopping.asked.wait()
        return "cleaned up"

    assert await stopping.watch(work()) == "cleaned up"
    assert (notes, stopping.killed) == ([STOPPING], False)


async def test_the_second_signal_cancels() -> None:
    stopping = Stopping(lambda note: None)

    async def work() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await stopping.asked.wait()
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        await stopping.watch(work())
    assert stopping.killed


async def test_afterwards_signals_are_what_they_were() -> None:
    stopping = Stopping(lambda note: None)

    async def work() -> None:
        return None

    before = signal.getsignal(signal.SIGINT)
    await stopping.watch(work())
    assert signal.getsignal(signal.SIGINT) in (before, signal.default_int_handler)


async def test_without_a_signal_it_is_only_the_work() -> None:
    stopping = Stopping(lambda note: None)

    async def work() -> int:
        return 3

    assert (await stopping.watch(work()), stopping.asked.is_set()) == (3, False)
