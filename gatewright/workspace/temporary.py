"""Folders that are gone when their user is."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gatewright.domain.finishing import finish


@asynccontextmanager
async def temporary_folder(*, prefix: str, place: Path | None = None) -> AsyncIterator[Path]:
    """A new folder, gone at the end with whatever was put there; a cancellation leaves none."""
    made: list[tempfile.TemporaryDirectory[str]] = []

    def make() -> None:
        folder = tempfile.TemporaryDirectory(prefix=prefix, dir=place, ignore_cleanup_errors=True)
        made.append(folder)

    try:
        await finish(make)
        yield Path(made[0].name)
    finally:
        for folder in made:
            await finish(folder.cleanup)
