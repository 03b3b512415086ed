"""The command line on a scene, in a process of its own."""

import json
from pathlib import Path
from typing import Any

from tests.crash.conftest import Driver
from tests.crash.figures import Figures
from tests.crash.scene import ONE_STEP, Alone, Scene, compare, scene


async def filled(
    driver: Driver, disk: Path, figures: Figures, alone: Alone, place: dict[str, str]
) -> None:
    """The disk of the home fills up at this place, which ends the run; then there is room again."""
    async with scene(driver, disk, ONE_STEP) as here:
        filler = disk / "filler"
        command = await command_of(here, folder=disk.parent, at=place, act=["fill", filler])
        filler.unlink()
        figures.add(await compare(here, alone, await here.run()))
    assert (command["code"], figures.problems) == (4, []), command
    assert "Traceback" not in command["errors"]


async def command_of(here: Scene, *, folder: Path, **disturbed: Any) -> dict[str, Any]:
    """`gatewright run` with the scene's task and settings."""
    task = folder / "task.json"
    task.write_text(json.dumps(here.task))
    said = await here.run(cli=["run", str(task)], config=config_of(here, folder), **disturbed)
    assert "code" in said, said
    return said


def config_of(here: Scene, folder: Path) -> str:
    """A settings file of the scene's, for the command line."""
    path = folder / "gatewright.toml"
    path.write_text(toml(here.settings))
    return str(path)


def toml(settings: dict[str, Any], table: str = "") -> str:
    """Nested tables of plain values, as the settings are; JSON's lists and texts are TOML's."""
    plain = {key: value for key, value in settings.items() if not isinstance(value, dict)}
    lines = [f"{key} = {json.dumps(value)}" for key, value in plain.items()]
    for key, value in settings.items():
        if isinstance(value, dict):
            name = f'{table}"{key}"'
            lines += [f"[{name}]", toml(value, f"{name}.")]
    return "\n".join(lines)
