"""The driver of the crash tests, started once a module."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


class Driver:
    """`tests.crash.driver` as seen from a test."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def run(self, **order: Any) -> dict[str, Any]:
        """A run to its end, or to its death."""
        await self.start(**order)
        return await self.end()

    async def start(self, **order: Any) -> int:
        """Start a run; its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order, default=str).encode() + b"\n")
        pid: int = (await self.end())["pid"]
        return pid

    async def end(self) -> dict[str, Any]:
        """The driver's next line."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "the driver has died"
        said: dict[str, Any] = json.loads(line)
        return said


@asynccontextmanager
async def open_driver() -> AsyncIterator[Driver]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.crash.driver",
        cwd=ROOT,
        env={**os.environ, "TEST_PROVIDER_KEY": "sk-test"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    driver = Driver(process)
    await driver.end()
    try:
        yield driver
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@pytest.fixture
async def driver() -> AsyncIterator[Driver]:
    async with open_driver() as driver:
        yield driver
