"""Kill -9 while steps are made beside each other: none of them is made or paid for again."""

from pathlib import Path
from typing import Any

import pytest

from tests.crash.conftest import Driver
from tests.crash.figures import Figures
from tests.crash.scene import Alone, Scene, compare, left_alone, scene
from tests.support.three_steps import new_file, script

BESIDE: dict[str, Any] = {"limits": {"parallel": 3}}
DEATHS: list[dict[str, Any]] = [
    {"node": "merger", "kind": "node_ended"},  # three are begun, and none was sent
    {"node": "implementer", "kind": "edit_applied"},
    {"node": "implementer", "kind": "node_ended"},  # one has ended, others are under way
    {"node": "code_reviewer", "kind": "model_called"},
    {"node": "code_reviewer", "kind": "node_ended"},
    {"node": "merger", "kind": "edit_applied", "step": 2},  # the first is merged
]
"""One after the other, each in a process of its own."""
POINTS = [
    ("git commit-tree", 3),  # the merged commit, which no ref names
    ("git update-ref", 5),
    ("checkpoints.sqlite: COMMIT", 6),
]


_ALONE: list[Alone] = []


@pytest.fixture
async def alone(driver: Driver, tmp_path: Path) -> Alone:
    """The same left alone; once a worker."""
    if not _ALONE:
        async with scene(driver, tmp_path / "alone", script()) as here:
            _ALONE.append(await left_alone(_beside(here)))
    return _ALONE[0]


@pytest.mark.slow
async def test_killed_where_several_steps_are_under_way(
    driver: Driver, tmp_path: Path, figures: Figures, alone: Alone
) -> None:
    async with scene(driver, tmp_path, script()) as here:
        _beside(here)
        for death in DEATHS:
            said = await here.run(at=death)
            assert said["killed"], f"{death} was never reached: {said}"
        figures.add(await compare(here, alone, await here.run()))
    assert figures.problems == []


@pytest.mark.slow
async def test_killed_while_one_is_answered_and_another_is_not(
    driver: Driver, tmp_path: Path, figures: Figures, alone: Alone
) -> None:
    stalled = script(names=[{"stall": True}, new_file("names")])
    async with scene(driver, tmp_path, stalled) as here:
        pid = await _beside(here).start()
        assert here.server is not None
        await here.server.ended(4)  # the plan, its review and two steps
        await here.server.arrived(5)
        assert (await here.end(kill=pid))["killed"]
        figures.add(await compare(here, alone, await here.run()))
    assert figures.problems == []
    assert 1 <= figures.in_flight <= 3


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
async def test_killed_between_two_things_that_outlive_it(
    driver: Driver, tmp_path: Path, figures: Figures, alone: Alone, point: tuple[str, int]
) -> None:
    async with scene(driver, tmp_path, script()) as here:
        said = await _beside(here).run(point=point)
        assert said["killed"], f"{point} was never reached: {said}"
        figures.add(await compare(here, alone, await here.run()))
    assert figures.problems == []


def _beside(here: Scene) -> Scene:
    here.settings |= BESIDE
    return here
