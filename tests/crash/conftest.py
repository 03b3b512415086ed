"""The driver of the crash tests: imports take seconds, so it is started once."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


class Driver:
    """`tests.crash.driver` as seen from a test."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    async def run(self, **order: Any) -> dict[str, Any]:
        """A run to its end, or to its death."""
        await self.start(**order)
        return await self.end()

    async def start(self, **order: Any) -> int:
        """Start a run; its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order, default=str) + "\n")
        self._process.stdin.flush()
        pid: int = (await self.end())["pid"]
        return pid

    async def end(self) -> dict[str, Any]:
        """The driver's next line."""
        assert self._process.stdout is not None
        line = await asyncio.to_thread(self._process.stdout.readline)
        assert line, "the driver has died"
        said: dict[str, Any] = json.loads(line)
        return said


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.driver"],
        cwd=ROOT,
        env={**os.environ, "TEST_PROVIDER_KEY": "sk-test"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        driver = Driver(process)
        asyncio.run(driver.end())
        yield driver
        assert process.stdin is not None
        process.stdin.close()
