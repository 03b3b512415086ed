"""Two runs on one thread are refused; a killed one leaves no lock."""

import os
import signal
from pathlib import Path

import pytest

from gatewright.app import Gatewright
from gatewright.domain.errors import ThreadBusy
from tests.crash.conftest import Driver
from tests.crash.test_kill import QUICK, SCRIPT
from tests.support.openai_server import OpenAIServer
from tests.support.projects import sample_task
from tests.support.scripts import APPROVED, flags, says, script

pytestmark = pytest.mark.xdist_group("crash")


async def test_a_second_run_of_the_same_task_is_refused(driver: Driver, tmp_path: Path) -> None:
    task = sample_task(tmp_path / "work", id="busy", gate=QUICK)
    stalled = script(**SCRIPT, plan_reviewer=[{"stall": True}, says(APPROVED)])
    async with OpenAIServer(stalled) as server:
        given = flags(server.url)
        order = {"home": tmp_path / "home", "flags": given, "task": task}
        pid = await driver.start(**order)
        await server.arrived(2)
        with (
            Gatewright(home=tmp_path / "home", **given) as gatewright,
            pytest.raises(ThreadBusy, match=str(pid)),
        ):
            await gatewright.arun(task)
        os.kill(pid, signal.SIGKILL)
        assert (await driver.end())["killed"]
        result = (await driver.run(**order))["result"]
    assert result["state"] == "done"
