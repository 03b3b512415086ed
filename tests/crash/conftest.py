"""The driver of the crash tests, which is started once for its imports take seconds; and their
figures, told at the end."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.crash.figures import Figures

ROOT = Path(__file__).parents[2]
_PROPERTY = "crash"


class Driver:
    """`tests.crash.driver`, or another that serves orders, as seen from a test."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    async def run(self, **order: Any) -> dict[str, Any]:
        """A run to its end, or to its death."""
        await self.start(**order)
        return await self.end()

    async def start(self, **order: Any) -> int:
        """Start a run; its process id."""
        self.tell(**order)
        pid: int = (await self.end())["pid"]
        return pid

    def tell(self, **order: Any) -> None:
        """An order, without waiting for what comes of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order, default=str) + "\n")
        self._process.stdin.flush()

    async def end(self) -> dict[str, Any]:
        """The driver's next line."""
        assert self._process.stdout is not None
        line = await asyncio.to_thread(self._process.stdout.readline)
        assert line, "the driver has died"
        said: dict[str, Any] = json.loads(line)
        return said


@contextmanager
def driving(module: str) -> Iterator[Driver]:
    """Have a module of this folder serve orders."""
    with subprocess.Popen(
        [sys.executable, "-m", f"tests.crash.{module}"],
        cwd=ROOT,
        env={**os.environ, "TEST_PROVIDER_KEY": "sk-test"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        driver = Driver(process)
        asyncio.run(driver.end())
        yield driver
        process.kill()  # it has nothing to lose, and would take seconds to end


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    with driving("driver") as driver:
        yield driver


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Iterator[Figures]:
    """A test's own, told with all the others' at the end; a problem is for the test to assert."""
    counted = Figures()
    yield counted
    record_property(_PROPERTY, counted.as_json())


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(folder)], check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "crash_all: every point; `make test-crash` runs them")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long ones run where somebody asks for them by name."""
    if "crash_all" in (config.option.markexpr or ""):
        return
    left_out = [item for item in items if item.get_closest_marker("crash_all")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    total = Figures()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) != "teardown":
                continue  # the fixture has said by then what it counted, and not before
            for name, value in getattr(report, "user_properties", []):
                if name == _PROPERTY:
                    total.add(Figures(**value))
    if total.killed:
        terminalreporter.section("crash figures")
        for line in [*total.lines(), *total.problems]:
            terminalreporter.write_line(line)
