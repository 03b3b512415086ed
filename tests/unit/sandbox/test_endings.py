import asyncio
import contextlib
import signal
import sys
from pathlib import Path

import pytest

from gatewright.domain.ports import Runner
from tests.unit.sandbox.support import FAMILY, GENEROUS_S, Pulse, run_into_timeout, shell


async def test_a_daemon_left_behind_is_dead_on_return(
    runner: Runner, work: Path, pulse: Pulse
) -> None:
    script = FAMILY.replace("sleep 600\n", "exit 5\n")
    completed = await runner.run(shell(work, script))
    assert (completed.returncode, pulse.beats()) == (5, False)


async def test_a_timeout_takes_the_whole_tree(runner: Runner, work: Path, pulse: Pulse) -> None:
    completed = await run_into_timeout(runner, shell(work, FAMILY))
    assert (completed.timed_out, pulse.beats()) == (True, False)


async def test_cancelling_takes_the_whole_tree(runner: Runner, work: Path, pulse: Pulse) -> None:
    task = asyncio.create_task(runner.run(shell(work, FAMILY)))
    assert await pulse.line() == b"started\n"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not pulse.beats()


async def test_cancelling_twice_still_takes_the_whole_tree(
    confined: Runner, work: Path, pulse: Pulse
) -> None:
    task = asyncio.create_task(confined.run(shell(work, FAMILY)))
    assert await pulse.line() == b"started\n"
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not pulse.beats()


@pytest.mark.parametrize("turns", [0, 1, 3])
async def test_cancelling_while_it_starts(
    confined: Runner, scratch: Path, work: Path, pulse: Pulse, turns: int
) -> None:
    task = asyncio.create_task(confined.run(shell(work, FAMILY)))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    left = list(scratch.iterdir()) if scratch.exists() else []
    assert (pulse.beats(), left) == (False, [])


async def test_a_deadline_of_asyncio_takes_the_whole_tree(
    confined: Runner, work: Path, pulse: Pulse
) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await confined.run(shell(work, FAMILY))
    assert not pulse.beats()


def test_the_end_of_the_event_loop_takes_the_whole_tree(
    confined: Runner, work: Path, pulse: Pulse
) -> None:
    async def leave_it_running() -> None:
        leaked = asyncio.create_task(confined.run(shell(work, FAMILY)))
        assert await pulse.line() == b"started\n"
        assert not leaked.done()

    asyncio.run(leave_it_running())
    assert not pulse.beats()


DRIVER = """
import asyncio, sys
from pathlib import Path
from tests.unit.sandbox.conftest import MAKERS
from tests.unit.sandbox.support import FAMILY, shell
runner = MAKERS[sys.argv[1]](Path(sys.argv[2]))
asyncio.run(runner.run(shell(Path(sys.argv[3]), FAMILY)))
"""


@contextlib.asynccontextmanager
async def driver(runner: Runner, scratch: Path, work: Path):  # type: ignore[no-untyped-def]
    """Another process that runs a command as we do."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", DRIVER, runner.kind, str(scratch), str(work)),
        cwd=Path(__file__).parents[3],
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_the_tree_dies_with_us(
    runner: Runner, scratch: Path, work: Path, pulse: Pulse
) -> None:
    async with driver(runner, scratch, work) as process:
        assert await pulse.line() == b"started\n"
        process.kill()
        assert await process.wait() == -signal.SIGKILL
        await asyncio.wait_for(pulse.death(), GENEROUS_S)


async def test_the_tree_dies_with_us_on_an_interrupt(
    bubblewrap: Runner, scratch: Path, work: Path, pulse: Pulse
) -> None:
    async with driver(bubblewrap, scratch, work) as process:
        assert await pulse.line() == b"started\n"
        process.send_signal(signal.SIGINT)
        await process.wait()
        await asyncio.wait_for(pulse.death(), GENEROUS_S)
