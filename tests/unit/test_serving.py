"""Under a server: runs of one thread that overlap, runs that fail, and nothing that waits."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest

from gatewright.serving import observe, provide
from graph.context import Options
from tests.unit.telemetry.graphs import chain, rows
from tests.unit.telemetry.otlp_receiver import receiving

THREAD = "a thread"


async def begin(stack: AsyncExitStack, name: str) -> AsyncExitStack:
    """A run of a graph of this name under way; to be closed."""
    run = await stack.enter_async_context(AsyncExitStack())
    callbacks = await run.enter_async_context(observe(THREAD))
    await chain(name).ainvoke({}, {"callbacks": callbacks, "run_name": name})
    return run


def runs(home: Path, *columns: str) -> list[object]:
    return rows(home / "telemetry", "runs", *columns)


@pytest.mark.parametrize("first_ends", [0, 1])
async def test_two_runs_on_one_thread_end_in_any_order(first_ends: int, own_home: Path) -> None:
    async with AsyncExitStack() as stack:
        both = [await begin(stack, "one"), await begin(stack, "two")]
        await both.pop(first_ends).aclose()
        await both.pop().aclose()
    assert runs(own_home, "status") == ["ok", "ok"]


async def test_a_run_learns_its_task_after_the_one_that_it_interrupted_has_ended(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWRIGHT_UNSAFE_NO_SANDBOX", "true")
    async with AsyncExitStack() as stack:
        interrupted = await begin(stack, "one")
        await begin(stack, "two")
        await interrupted.aclose()
        async with provide(Options(), thread_id=THREAD, task={"id": "T-2"}):
            pass
    assert set(runs(own_home, "task_id")) == {"T-2", None}


async def test_a_run_that_fails_is_on_record_when_it_has_ended(own_home: Path) -> None:
    with pytest.raises(ValueError, match="no such thing"):
        async with AsyncExitStack() as stack:
            await begin(stack, "one")
            raise ValueError("no such thing")
    assert runs(own_home, "status") == ["error"]


@pytest.mark.slow
async def test_a_file_that_is_held_delays_the_end_of_a_run_by_a_second_at_most(
    own_home: Path,
) -> None:
    async with AsyncExitStack() as stack:
        await begin(stack, "one")
    with held(own_home / "telemetry" / "telemetry.duckdb"):
        async with AsyncExitStack() as stack:
            await begin(stack, "two")
            begun = time.monotonic()
        assert time.monotonic() - begun < 2.0
    async with AsyncExitStack() as stack:
        await begin(stack, "three")
    assert runs(own_home, "status") == ["ok", "ok", "ok"]


HOLDING = """
import sys, duckdb
with duckdb.connect(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held(path: Path) -> Iterator[None]:
    """The database is open in another process."""
    command = [sys.executable, "-c", HOLDING, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield
        finally:
            process.communicate("\n", timeout=20)


# Two runs begin before anything is imported that only sending needs.
TOGETHER = """
import asyncio, sys, threading
from gatewright.serving import observe
from tests.unit.telemetry.graphs import chain

importing = set()

def heard(event, arguments):
    if event == "import" and arguments[0].startswith("opentelemetry.exporter"):
        importing.add(threading.current_thread() is threading.main_thread())

async def run(thread):
    async with observe(thread) as callbacks:
        await chain(thread).ainvoke({}, {"callbacks": callbacks})

async def main():
    await asyncio.gather(run("one"), run("two"))

sys.addaudithook(heard)
asyncio.run(main())
print(importing)
"""


@pytest.mark.slow
def test_runs_that_begin_together_share_a_sidecar_that_is_made_off_the_loop(
    own_home: Path,
) -> None:
    with receiving() as receiver:
        said = subprocess.run(
            [sys.executable, "-c", TOGETHER],
            env={**os.environ, "GATEWRIGHT_TELEMETRY__OTLP_ENDPOINT": receiver.url},
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
    assert said == "{False}\n"
    files = [path.name for path in (own_home / "telemetry").glob("*.duckdb")]
    assert files == ["telemetry.duckdb"]
    assert runs(own_home, "status") == ["ok", "ok"]
