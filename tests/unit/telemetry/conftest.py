"""A sidecar on a fresh folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gatewright.telemetry.sidecar import Sidecar


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "telemetry"


@pytest.fixture
def sidecar(folder: Path) -> Iterator[Sidecar]:
    with Sidecar(folder) as one:
        yield one
