"""The walk for work of this process that is no plan file: the checks of the quality gate."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from gatewright.domain.plan_ports import Part
from gatewright.domain.plan_run import StepResult, StepStatus
from gatewright.plans.scheduling.walk import Node, walk


async def run_parts(
    parts: Sequence[Part], perform: Callable[[str], Awaitable[bool]], *, keep_going: bool
) -> Mapping[str, StepStatus]:
    """A `gatewright.domain.plan_ports.Pipeline`."""

    async def performed(part: str) -> StepResult:
        return StepResult(status="succeeded" if await perform(part) else "failed")

    nodes = [
        Node(
            id=part.id,
            depends_on=part.depends_on,
            policy="continue" if keep_going else "skip_dependents",
        )
        for part in parts
    ]
    results = await walk(nodes, performed, max_concurrency=max(1, len(nodes)))
    return {part: result.status for part, result in results.items()}
