import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from gatewright.plans.launching.sweep import sweep
from tests.unit.plans.launching.scene import Bell, Scene, gone


def at(**ago: int) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat(timespec="milliseconds")


@pytest.fixture
async def orphan(scene: Scene, bell: Bell) -> AsyncIterator[int]:
    """A shell with the token `MARK-1`, which has a child without it in a session of its own."""
    code = f"env -i setsid sleep {scene.mark} & echo > bell; wait"
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", code),
        env={**os.environ, "GATEWRIGHT_PLAN_TOKEN": f"{scene.mark}-1"},
        cwd=scene.folder,
        start_new_session=True,
    )
    await bell.rung()
    yield process.pid
    if process.returncode is None:
        await asyncio.to_thread(sweep, scene.mark)
    await process.wait()


async def test_with_all_below(scene: Scene, orphan: int) -> None:
    assert await asyncio.to_thread(sweep, f"{scene.mark}-1") == 2
    await gone([orphan])
    assert scene.alive() == []


async def test_by_the_beginning_of_the_token(scene: Scene, orphan: int) -> None:
    assert await asyncio.to_thread(sweep, scene.mark) == 2


async def test_not_by_another_token(scene: Scene, orphan: int) -> None:
    assert await asyncio.to_thread(sweep, f"{scene.mark}-2") == 0
    assert len(psutil.Process(orphan).children()) == 1


async def test_younger_than_the_attempt(scene: Scene, orphan: int) -> None:
    assert await asyncio.to_thread(sweep, scene.mark, not_before=at(minutes=1)) == 2


async def test_older_than_the_attempt(scene: Scene, orphan: int) -> None:
    assert await asyncio.to_thread(sweep, scene.mark, not_before=at(hours=-1)) == 0
    assert len(psutil.Process(orphan).children()) == 1


async def test_nobody(scene: Scene) -> None:
    assert await asyncio.to_thread(sweep, scene.mark) == 0


def test_everybody_is_not_asked_for() -> None:
    with pytest.raises(ValueError, match="token_prefix is empty"):
        sweep("")
