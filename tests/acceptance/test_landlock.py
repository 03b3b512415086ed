"""The main job where there is no bubblewrap: it is done as well, and the report says how."""

import pytest

from gatewright.workspace.sandbox.landlock_abi import OLDEST_ABI, abi
from tests.acceptance.conftest import Workshop


@pytest.mark.slow
@pytest.mark.skipif(abi() < OLDEST_ABI, reason="this kernel has no Landlock, or an old one")
async def test_the_weak_sandbox_does_the_job_and_says_so(workshop: Workshop) -> None:
    with workshop.gatewright(sandbox="landlock") as gatewright:
        result = await gatewright.arun(workshop.task("weak", gate={}))
    assert result.gate is not None
    passed = {check.check for check in result.gate.checks if check.status == "passed"}
    assert (result.state, result.gate.sandbox) == ("done", "landlock (weak)")
    assert passed >= {"tests_intact", "pytest", "mypy", "ruff", "repeat"}
