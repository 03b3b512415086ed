"""Several tasks at once: the most urgent first, each on its own, so that one failing ends no
other."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import get_args

from gatewright.domain.entry import Entry
from gatewright.domain.errors import GatewrightError
from gatewright.domain.result import TaskResult
from gatewright.domain.task import Priority

_RANK = {name: number for number, name in enumerate(reversed(get_args(Priority)))}


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What became of one of several tasks: its result, or why it stopped short of one."""

    task_id: str
    result: TaskResult | None = None
    error: GatewrightError | None = None


def urgent_first(entries: Iterable[Entry]) -> list[Entry]:
    """By priority; of one priority, the one that was accepted first. The order given decides
    between those that were accepted in the same instant."""
    return sorted(entries, key=lambda entry: (_RANK[entry.task.priority], entry.accepted_at))


async def run_each(
    entries: Iterable[Entry],
    run: Callable[[Entry], Awaitable[TaskResult]],
    *,
    jobs: int,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[Ended, ...]:
    """Run tasks in this order, `jobs` of them at a time; the results in the order of the tasks.

    Once `stopped` says so, no further one is begun, and it is missing in the result. A
    GatewrightError ends its own task only; any other error, or a cancellation, ends them all.
    """
    waiting = enumerate(entries)
    ended: dict[int, Ended] = {}
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(jobs):
                group.create_task(_work(waiting, run, ended, stopped))
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None  # the others were cancelled for its sake
    return tuple(ended[number] for number in sorted(ended))


async def _work(
    waiting: Iterator[tuple[int, Entry]],
    run: Callable[[Entry], Awaitable[TaskResult]],
    ended: dict[int, Ended],
    stopped: Callable[[], bool],
) -> None:
    for number, entry in waiting:
        if stopped():
            return
        task_id = entry.task.id
        try:
            ended[number] = Ended(task_id=task_id, result=await run(entry))
        except GatewrightError as error:
            ended[number] = Ended(task_id=task_id, error=error)
