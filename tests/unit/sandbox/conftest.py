"""Each kind of sandbox that can be set up on this machine."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from gatewright.domain.command import Command
from gatewright.domain.errors import SandboxUnavailable
from gatewright.domain.ports import Runner
from gatewright.workspace.sandbox.bubblewrap import Bubblewrap
from gatewright.workspace.sandbox.landlock import Landlock
from gatewright.workspace.sandbox.landlock_abi import ABI_SCOPES, abi
from gatewright.workspace.sandbox.unsafe import Unsafe
from tests.unit.sandbox.support import Pulse

MAKERS: dict[str, Callable[[Path], Runner]] = {
    "bubblewrap": lambda scratch: Bubblewrap(scratch=scratch),
    "landlock": lambda scratch: Landlock(scratch=scratch),
    "none": lambda scratch: Unsafe(scratch=scratch),
}


@lru_cache
def why_not(kind: str) -> str:
    """Empty where this kind can be set up; what it then holds is the tests' business."""
    with tempfile.TemporaryDirectory() as folder:
        scratch, work = Path(folder, "scratch"), Path(folder, "work")
        work.mkdir()
        command = Command(argv=("true",), cwd=work, timeout_s=30)
        try:
            asyncio.run(MAKERS[kind](scratch).run(command))
        except SandboxUnavailable as error:
            return str(error)
    return ""


def available(kind: str, scratch: Path) -> Runner:
    """A runner of this kind, or the test is skipped with the reason."""
    if reason := why_not(kind):
        pytest.skip(reason)
    return MAKERS[kind](scratch)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def pulse(work: Path) -> Iterator[Pulse]:
    beating = Pulse(work)
    yield beating
    beating.close()


@pytest.fixture(params=["bubblewrap", "landlock", "none"])
def runner(request: pytest.FixtureRequest, scratch: Path) -> Runner:
    """Every kind: for promises that hold even without a sandbox."""
    return available(request.param, scratch)


@pytest.fixture(params=["bubblewrap", "landlock"])
def confined(request: pytest.FixtureRequest, scratch: Path) -> Runner:
    """Every kind that confines."""
    return available(request.param, scratch)


@pytest.fixture
def scoped(confined: Runner) -> Runner:
    """Every kind that keeps a command to its own processes and abstract sockets."""
    if confined.kind == "landlock" and abi() < ABI_SCOPES:
        pytest.skip(f"Landlock {abi()} has no scopes; its probe names that as a weakness")
    return confined


@pytest.fixture
def bubblewrap(scratch: Path) -> Runner:
    return available("bubblewrap", scratch)


@pytest.fixture
def landlock(scratch: Path) -> Runner:
    return available("landlock", scratch)
