"""What the tests of the agents share."""

from pathlib import Path

import pytest

from gatewright.domain.task import GateSpec, Task


@pytest.fixture
def task() -> Task:
    return Task(
        id="t",
        goal="Fix paging\nThe last page is missing.",
        repo=Path("/r"),
        area="billing",
        constraints=("Keep the API.",),
        acceptance_criteria=("Page 3 has one row.",),
        gate=GateSpec(pytest=("tests/test_paging.py",), commands=("make check",)),
    )
