"""LangGraph's own suite for savers, run on the one that Gatewright sets up."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.conformance.capabilities import BASE_CAPABILITIES

from gatewright.storage.checkpoints import open_checkpoints


async def test_our_saver_conforms_in_all_that_it_can_do(tmp_path: Path) -> None:
    """Each capability on a file of its own; what only some savers can is tried where ours can."""
    files = (tmp_path / f"{number}.sqlite" for number in range(100))

    @checkpointer_test(name="gatewright")
    async def ours() -> AsyncIterator[BaseCheckpointSaver[str]]:
        async with open_checkpoints(next(files)) as saver:
            yield cast(BaseCheckpointSaver[str], saver)

    results = (await validate(ours)).results
    tried = {name: result for name, result in results.items() if result.detected}
    assert [failure for result in tried.values() for failure in result.failures] == []
    assert all(result.passed for result in tried.values())
    assert {each.value for each in BASE_CAPABILITIES} <= set(tried)
    assert {name for name, result in tried.items() if not result.tests_passed} == set()
