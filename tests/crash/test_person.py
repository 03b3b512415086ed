"""Kill -9 around a person: a question that is open, an answer that is kept or carried out."""

from pathlib import Path

import pytest

from tests.crash.answers import ANSWER, TIGHT, answered, asked, killed_answering
from tests.crash.boundaries import distinct
from tests.crash.conftest import Driver
from tests.crash.figures import Figures
from tests.crash.scene import ONE_STEP, Alone, compare, scene

pytestmark = pytest.mark.crash_all

SHARES = 8


@pytest.fixture
async def alone(driver: Driver, tmp_path: Path) -> Alone:
    return await answered(driver, tmp_path / "alone")


async def test_an_open_question_survives(
    driver: Driver, tmp_path: Path, figures: Figures, alone: Alone
) -> None:
    async with scene(driver, tmp_path, ONE_STEP, budget=TIGHT) as here:
        assert (await here.run(at={"kind": "interrupted"}))["killed"]
        await asked(here)
        figures.add(await compare(here, alone, await here.run(resume=ANSWER)))
    assert figures.problems == []


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("share", range(SHARES))
async def test_killed_at_every_point_of_an_answer(
    driver: Driver, tmp_path: Path, figures: Figures, alone: Alone, share: int
) -> None:
    points = distinct(alone.points)[share::SHARES]
    reached = [
        await killed_answering(driver, tmp_path / str(number), point, figures, alone)
        for number, point in enumerate(points)
    ]
    assert figures.problems == []
    assert sum(reached) >= 0.9 * len(points)
