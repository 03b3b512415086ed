"""Real processes for plans."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gatewright.plans.launching.client import ProcessLauncher
from tests.unit.plans.engine_scene import Scene


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    (tmp_path / "here").mkdir()
    async with ProcessLauncher() as launcher:
        yield Scene(launcher, here=tmp_path / "here", folder=tmp_path / "run")
