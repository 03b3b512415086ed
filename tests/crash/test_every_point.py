"""Kill -9 at every point at which anything outlives the process; `make test-crash` runs all of it.

A run that is left alone says which points it passes: each statement that writes to a database, each
file that is written, renamed or removed, each process and connection that is begun (see
`tests.crash.boundaries`). Then one run is killed at each of them, the same command is given again,
and what there is in the end is compared.
"""

import shutil
from pathlib import Path

import pytest

from tests.crash.boundaries import Point, distinct
from tests.crash.conftest import Driver
from tests.crash.figures import Figures
from tests.crash.scene import SCRIPTS, Alone, compare, reference, scene

SHARES = 12
"""A scenario's points are dealt out to so many tests, for several workers."""
MOST_UNREACHED = 0.05
"""Threads may take turns otherwise than they did: so many points may not come in their turn."""


@pytest.mark.crash_all
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("scenario", SCRIPTS)
async def test_killed_at_every_point(
    driver: Driver, tmp_path: Path, figures: Figures, scenario: str, share: int
) -> None:
    alone = await reference(driver, tmp_path / "alone", scenario)
    points = distinct(alone.points)[share::SHARES]
    unreached = []
    for number, point in enumerate(points):
        folder = tmp_path / str(number)
        if not await _killed(driver, folder, scenario, point, figures=figures, alone=alone):
            unreached.append(point)
        shutil.rmtree(folder)
    assert figures.problems == []
    assert len(unreached) <= 1 + MOST_UNREACHED * len(points), unreached


async def _killed(
    driver: Driver, folder: Path, scenario: str, point: Point, *, figures: Figures, alone: Alone
) -> bool:
    """Whether it came to that; the same command has gone on then, and the end was compared."""
    async with scene(driver, folder, SCRIPTS[scenario]) as here:
        said = await here.run(point=point)
        if not said["killed"]:
            return False
        figures.add(await compare(here, alone, await here.run()), where=point)
        return True
