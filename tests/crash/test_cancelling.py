"""Kill -9 while a task is being cancelled."""

from pathlib import Path
from typing import Any

import pytest

from tests.crash.boundaries import Point, distinct
from tests.crash.conftest import Driver
from tests.crash.figures import Figures
from tests.crash.scene import ONE_STEP, TASK_ID, Scene, scene

pytestmark = pytest.mark.crash_all

CANCEL = {"name": "acancel", "task_id": TASK_ID, "reason": "not wanted any more"}
STOPPED = {"node": "implementer", "kind": "node_started"}


@pytest.mark.timeout(600)
async def test_killed_at_every_point_of_a_cancellation(
    driver: Driver, tmp_path: Path, figures: Figures
) -> None:
    async with scene(driver, tmp_path / "alone", ONE_STEP) as here:
        await _stop(here)
        said = await here.run(call=CANCEL, trace=True)
    points = distinct([Point(*point) for point in said["points"]])
    assert points
    for number, point in enumerate(points):
        await _killed(driver, tmp_path / str(number), point, figures)
    assert figures.problems == []


async def _stop(here: Scene) -> None:
    assert (await here.run(at=STOPPED))["killed"]


async def _killed(driver: Driver, folder: Path, point: Point, figures: Figures) -> bool:
    """Cancelling dies at this point; asked for once more, the task is cancelled and stays so."""
    async with scene(driver, folder, ONE_STEP) as here:
        await _stop(here)
        if not (await here.run(call=CANCEL, point=point))["killed"]:
            return False
        asked = here.asked
        again = await here.run(call=CANCEL)
        later = await here.run()
        result: dict[str, Any] = later.get("result") or {}
        found = Figures(killed=here.deaths, orphans=len(here.orphans), left=len(here.left()))
        found.trees = here.deaths * (here.asked == asked)
        # The second wish comes too late where the first one was carried out.
        if again.get("error") not in (None, "InputError"):
            found.problems.append(str(again))
        if result.get("state") != "cancelled":
            found.problems.append(f"it is {result.get('state')!r}: {later}")
        found.problems += [*here.left(), *here.orphans]
        figures.add(found, where=point)
        return True
