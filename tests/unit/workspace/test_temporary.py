"""What must not be left half done."""

import asyncio
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from gatewright.workspace.temporary import temporary_folder


async def test_a_cancellation_while_it_is_made_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = threading.Event(), threading.Event()
    make = tempfile.TemporaryDirectory

    def slowly(**options: Any) -> Any:
        begun.set()
        go.wait(10)
        return make(**options)

    async def use() -> None:
        async with temporary_folder(prefix="x", place=tmp_path):
            raise AssertionError("it was cancelled")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", slowly)
    task = asyncio.create_task(use())
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(tmp_path.iterdir()) == []


async def test_it_is_gone_with_what_was_put_there(tmp_path: Path) -> None:
    async with temporary_folder(prefix="x", place=tmp_path) as folder:
        (folder / "file").write_text("something")
    assert list(tmp_path.iterdir()) == []
