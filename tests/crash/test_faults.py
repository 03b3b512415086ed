"""What is no crash but ends a run as well: a disk that is full, a home that may not be written, a
repository that is elsewhere. The command line says so with exit code 4 or 2, and goes on later."""

import subprocess
from pathlib import Path

import pytest

from tests.crash.commands import command_of, filled
from tests.crash.conftest import Driver
from tests.crash.figures import Figures
from tests.crash.scene import ONE_STEP, Alone, compare, reference, scene
from tests.support.projects import git

pytestmark = pytest.mark.crash_all

FULL = [
    {"node": node, "kind": kind}
    for node in ("planner", "plan_reviewer", "implementer", "code_reviewer", "quality_gate")
    for kind in ("node_started", "node_ended")
] + [{"node": "planner", "kind": "model_called"}, {"node": "deliver", "kind": "node_started"}]


@pytest.fixture
async def alone(driver: Driver, tmp_path: Path) -> Alone:
    """The sample's task with four calls, left alone."""
    return await reference(driver, tmp_path / "alone")


@pytest.mark.parametrize("place", FULL, ids=lambda place: f"{place['node']} {place['kind']}")
async def test_a_full_disk_ends_the_run_and_loses_nothing(
    driver: Driver, disk: Path, figures: Figures, alone: Alone, place: dict[str, str]
) -> None:
    await filled(driver, disk, figures, alone, place)


async def test_a_home_that_may_not_be_written(
    driver: Driver, disk: Path, figures: Figures, alone: Alone
) -> None:
    async with scene(driver, disk, ONE_STEP) as here:
        assert (await here.run(at={"node": "implementer", "kind": "node_started"}))["killed"]
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        command = await command_of(here, folder=disk.parent)
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        figures.add(await compare(here, alone, await here.run()))
    assert (command["code"], figures.problems) == (4, [])
    assert "readonly" in command["errors"]


async def test_a_repository_that_was_moved_is_named_and_found_again(
    driver: Driver, tmp_path: Path, figures: Figures, alone: Alone
) -> None:
    async with scene(driver, tmp_path, ONE_STEP) as here:
        assert (await here.run(at={"node": "implementer", "kind": "node_ended"}))["killed"]
        here.repo.rename(tmp_path / "elsewhere")
        command = await command_of(here, folder=tmp_path)
        (tmp_path / "elsewhere").rename(here.repo)
        figures.add(await compare(here, alone, await here.run()))
    assert (command["code"], figures.problems) == (2, [])
    assert str(here.repo) in command["errors"]


async def test_a_base_commit_that_is_gone_is_named(
    driver: Driver, tmp_path: Path, figures: Figures, alone: Alone
) -> None:
    async with scene(driver, tmp_path, ONE_STEP) as here:
        assert (await here.run(at={"node": "implementer", "kind": "node_started"}))["killed"]
        base = git(here.repo, "rev-parse", "main").strip()
        kept = here.repo / ".git" / "objects" / base[:2] / base[2:]
        kept.rename(tmp_path / "kept")
        command = await command_of(here, folder=tmp_path)
        (tmp_path / "kept").rename(kept)
        figures.add(await compare(here, alone, await here.run()))
    assert (command["code"] in (2, 4), figures.problems) == (True, [])
    assert base in command["errors"]
