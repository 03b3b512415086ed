from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from gatewright.plans.launching.client import ProcessLauncher
from tests.unit.plans.launching.scene import Bell, Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    for pid in made.alive():  # of a test that has failed
        psutil.Process(pid).kill()


@pytest.fixture
def bell(scene: Scene) -> Iterator[Bell]:
    made = scene.bell()
    yield made
    made.close()


@pytest.fixture
async def launcher() -> AsyncIterator[ProcessLauncher]:
    async with ProcessLauncher() as launcher:
        yield launcher
