"""A person's answer that dies on its way."""

from pathlib import Path
from typing import Any

from tests.crash.boundaries import Point
from tests.crash.conftest import Driver
from tests.crash.figures import Figures
from tests.crash.scene import ONE_STEP, TASK_ID, Alone, Scene, compare, scene

NOTE = "Keep it small."
ANSWER: dict[str, Any] = {
    "task_id": TASK_ID,
    "action": "retry",
    "note": NOTE,
    "budget": {"max_tokens": None},
}
AGAIN = {"task_id": TASK_ID}
"""To go on, without saying anything."""
TIGHT = {"max_tokens": 1}

_answered: list[Alone] = []


async def answered(driver: Driver, folder: Path) -> Alone:
    """A task that asks at once, whose question is answered, and that is then left alone; once a
    worker."""
    if not _answered:
        async with scene(driver, folder, ONE_STEP, budget=TIGHT) as here:
            await asked(here)
            said = await here.run(resume=ANSWER, trace=True)
            assert said["result"]["state"] == "done", said
            _answered.append(Alone.of(here, said))
    return _answered[0]


async def asked(here: Scene) -> None:
    """It comes to its question."""
    said = await here.run()
    assert said.get("result"), said
    result = said["result"]
    assert result["state"] == "awaiting_human"
    assert result["question"]["stop"]["kind"] == "budget"


async def killed_answering(
    driver: Driver, folder: Path, point: Point, figures: Figures, alone: Alone
) -> bool:
    """An answer dies at this point. Whoever goes on without a word finds it carried out, or the
    same question open still; it is answered again then, and works once."""
    async with scene(driver, folder, ONE_STEP, budget=TIGHT) as here:
        await asked(here)
        if not (await here.run(resume=ANSWER, point=point))["killed"]:
            return False
        said = await here.run(resume=AGAIN)
        if said.get("result", {}).get("state") == "awaiting_human":
            said = await here.run(resume=ANSWER)
        found = await compare(here, alone, said)
        assert here.server is not None
        noted = [str(request.body).count(NOTE) for request in here.server.requests]
        if set(noted) - {0, 1}:
            found.problems.append(f"the note was said more than once: {noted}")
        figures.add(found, where=point)
        return True
