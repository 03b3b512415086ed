"""Running a plan with a person watching."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from gatewright.cli.plans.board import Board
from gatewright.cli.plans.live import Display, displaying
from gatewright.cli.plans.opened import opened
from gatewright.cli.plans.order import Order
from gatewright.cli.plans.signals import Stopping
from gatewright.cli.plans.text import console
from gatewright.domain.plan_run import PlanEvent, PlanRun
from gatewright.orchestration.plans import Plans
from gatewright.orchestration.progress import Progress
from gatewright.plans.documents.loading import load


class Watched(NamedTuple):
    """How it ended."""

    progress: Progress
    stopped: bool
    """By a signal."""


async def watch(order: Order, *, as_json: bool) -> Watched:
    """Run it to its end, or to a question, and show how it goes.

    Raises: PlanInvalid, InputError, EnvironmentFault; ThreadBusy when another process runs it.
    """
    async with opened() as plans:
        board, title = await _board(plans, order)
        out = console(to_stderr=as_json)
        with displaying(board, out, title=title) as display:
            hearing = Hearing(board, display)
            stopping = Stopping(display.note)
            run_id = order.resume
            try:
                work = _work(plans, order, heard=hearing.tell, stop=stopping.asked)
                run_id = (await stopping.watch(work)).run_id
            except asyncio.CancelledError:
                run_id = run_id or hearing.run_id
                if not stopping.killed or run_id is None:
                    raise KeyboardInterrupt from None
        progress = await plans.aprogress(run_id)
        return Watched(progress, stopped=stopping.asked.is_set())


class Hearing:
    """Passes events of a board's steps on, and remembers of which run they were.

    A display that cannot be written to any more, a closed pipe or terminal, ends no run: it is left
    alone from then on.
    """

    def __init__(self, board: Board, display: Display) -> None:
        self._board = board
        self._display: Display | None = display
        self.run_id: str | None = None

    def tell(self, event: PlanEvent) -> None:
        """Something happened."""
        self.run_id = event.run_id
        if self._display is None or not self._board.is_about(event):
            return
        try:
            self._display.tell(event)
        except OSError:
            self._display = None


async def _board(plans: Plans, order: Order) -> tuple[Board, str]:
    """An empty one with the plan's steps, or with what is over of a run."""
    if order.path is not None:
        plan = await asyncio.to_thread(load, order.path)
        steps = order.chosen(plan)
        if steps is None:
            steps = tuple(step.id for step in plan.steps)
        return Board(steps), plan.name or plan.plan_id
    progress = await plans.aprogress(order.resume or "")
    over = {name: one for name, one in progress.steps.items() if one.status == "succeeded"}
    return Board(progress.steps, finished=over), progress.run.plan_id


def _work(
    plans: Plans,
    order: Order,
    *,
    heard: Callable[[PlanEvent], None],
    stop: asyncio.Event,
) -> Coroutine[Any, Any, PlanRun]:
    if order.path is None:
        return plans.aresume(
            order.resume or "",
            answers=order.answers,
            approved=order.approved,
            variables=order.variables,
            max_concurrency=order.max_concurrency,
            on_event=heard,
            stop=stop,
        )
    return plans.arun(
        order.path,
        variables=order.variables,
        directory=order.directory,
        only=order.only,
        from_step=order.from_step,
        max_concurrency=order.max_concurrency,
        approved=order.approved,
        on_event=heard,
        stop=stop,
    )
