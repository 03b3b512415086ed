"""Checkpoints hold JSON types; a class that one names is never made."""

import sqlite3
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint

from gatewright.domain.errors import EnvironmentFault
from gatewright.storage.checkpoints import open_checkpoints

THREAD: RunnableConfig = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}


class Mine:
    """A class outside of every list."""

    made = 0

    def __init__(self, *_: Any, **__: Any) -> None:
        type(self).made += 1


async def kept(path: Path, value: Any) -> Any:
    """A value after a round through the file."""
    checkpoint = empty_checkpoint()
    checkpoint["channel_values"] = {"value": value}
    checkpoint["channel_versions"] = {"value": 1}
    async with open_checkpoints(path) as saver:
        await saver.aput(
            THREAD, checkpoint, {"source": "input", "step": -1, "parents": {}}, {"value": 1}
        )
    async with open_checkpoints(path) as saver:
        found = await saver.aget_tuple(THREAD)
    assert found is not None
    return found.checkpoint["channel_values"]["value"]


async def test_json_types_come_back_as_they_were(tmp_path: Path) -> None:
    value = {"a": [1, 2.5, None, True, "\u00e9\n"], "b": {"c": {}}}
    assert await kept(tmp_path / "c.sqlite", value) == value


async def test_a_file_that_names_a_class_does_not_make_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What somebody could write into the file who may write there, and no more."""
    path = tmp_path / "c.sqlite"
    await kept(path, "harmless")
    for code, call in (
        (0, (Mine.__module__, "Mine", "x")),
        (0, ("os", "mkdir", str(tmp_path / "x"))),
    ):
        evil = ormsgpack.packb(
            {
                **empty_checkpoint(),
                "channel_values": {"value": ormsgpack.Ext(code, ormsgpack.packb(call))},
                "channel_versions": {"value": 1},
            },
            option=ormsgpack.OPT_NON_STR_KEYS,
        )
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE checkpoints SET checkpoint=?, type='msgpack'", [evil])
        connection.close()
        async with open_checkpoints(path) as saver:
            found = await saver.aget_tuple(THREAD)
        assert found is not None
        assert isinstance(found.checkpoint["channel_values"]["value"], str | tuple | list | None)
    assert (Mine.made, (tmp_path / "x").exists()) == (0, False)
    assert "Blocked deserialization of os.mkdir" in caplog.text


async def test_a_pickle_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    await kept(path, "harmless")
    evil = f"cos\nmkdir\n(V{tmp_path / 'x'}\ntR.".encode()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE checkpoints SET checkpoint=?, type='pickle'", [evil])
    connection.close()
    async with open_checkpoints(path) as saver:
        with pytest.raises(NotImplementedError, match="pickle"):
            await saver.aget_tuple(THREAD)
    assert not (tmp_path / "x").exists()


async def test_the_folder_is_made(tmp_path: Path) -> None:
    async with open_checkpoints(tmp_path / "a" / "b" / "c.sqlite") as saver:
        assert await saver.aget_tuple(THREAD) is None
    assert [file.name for file in (tmp_path / "a" / "b").iterdir()] == ["c.sqlite"]


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "checkpoints.sqlite"
    file.write_text("This is a letter, and a long one at that. " * 50)
    with pytest.raises(EnvironmentFault, match=r"checkpoints\.sqlite' cannot be opened"):
        async with open_checkpoints(file):
            pass
