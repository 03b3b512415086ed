"""A walk over a graph of coroutines: each starts when what it depends on is over."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from gatewright.domain.errors import InputError
from gatewright.domain.plan_run import StepResult
from gatewright.plans.scheduling.loop import Again, Came, Loop, Turn
from gatewright.plans.scheduling.nodes import Node
from gatewright.plans.scheduling.schedule import Schedule
from gatewright.plans.scheduling.slots import Slots

__all__ = ["Node", "walk"]

Perform = Callable[[str], Awaitable[StepResult]]
OnChange = Callable[[str, StepResult], None]

_RUNNING = StepResult(status="running")


async def walk(
    nodes: Sequence[Node],
    perform: Perform,
    *,
    max_concurrency: int,
    on_change: OnChange | None = None,
) -> Mapping[str, StepResult]:
    """Perform the nodes, at most so many at a time, in the order given where several are ready.

    `perform` gets a node's id and returns what it came to: a failure is a returned status.
    `on_change` hears of each start (`running`) before it is made and of each end, once. Returns
    the result of every node, in the order given. Whatever happens, no task is left behind: when
    this is cancelled, or `perform` raises, the others are cancelled and awaited first.

    Raises: InputError for a node that is there twice, an unknown dependency, a cycle, no place;
    and what `perform` or `on_change` raise.
    """
    if max_concurrency < 1:
        fix = "Give 1 or more."
        raise InputError("max_concurrency", max_concurrency, "nothing could ever start", fix)
    schedule = Schedule(nodes)
    await Loop(schedule, _Walkers(nodes, perform, max_concurrency, on_change)).run()
    return {node.id: schedule.results[node.id] for node in nodes}


class _Walkers:
    """The crew of a plain walk: places, no resources, nothing stored."""

    def __init__(
        self,
        nodes: Sequence[Node],
        perform: Perform,
        max_concurrency: int,
        on_change: OnChange | None,
    ) -> None:
        self._numbers = {node.id: number for number, node in enumerate(nodes)}
        self._perform = perform
        self._on_change = on_change
        self._slots = Slots(max_concurrency)
        self.withdraw = self._slots.withdraw
        self.admit = self._slots.admit
        self.release = self._slots.release

    def offer(self, step: str) -> None:
        self._slots.offer(step, number=self._numbers[step])

    def early(self) -> Sequence[str]:
        return ()

    def go(self, step: str) -> None:
        """Never called: none is early."""

    def tell(self, turn: Turn) -> None:
        if self._on_change is None:
            return
        for step, result in turn.news:
            if not isinstance(result, Again):
                self._on_change(step, result)
        for step in turn.starts:
            self._on_change(step, _RUNNING)

    def begin(self, step: str, came: Came) -> None:
        """None begins without a task."""

    def perform(self, step: str) -> Coroutine[Any, Any, StepResult]:
        return self._call(step)

    async def _call(self, step: str) -> StepResult:
        return await self._perform(step)
