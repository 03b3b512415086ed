"""A run as it goes on: a bar and a line per running step at a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from gatewright.cli.plans.board import Board
from gatewright.cli.plans.lines import line
from gatewright.cli.plans.words import STYLES, count, seconds
from gatewright.domain.plain import plain
from gatewright.domain.plan_run import PlanEvent

_FEW = 200
"""Steps, up to which every one leaves a line on the screen; of more only what went wrong does."""
_MOST_GOING = 16
_REFRESHES = 8
"""A second; the display costs nothing between them."""
_QUIET = ("step_started",)
"""Shown by the moving part."""


class Display(Protocol):
    """Where a run is shown."""

    def tell(self, event: PlanEvent) -> None:
        """Something happened."""
        ...

    def note(self, text: str) -> None:
        """Say this between the events."""
        ...


@contextmanager
def displaying(board: Board, console: Console, *, title: str) -> Iterator[Display]:
    """A display that fits the console, until the block ends."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield Plain(board, console)
        return
    screen = Screen(board, console, title=title)
    with screen.live:
        yield screen


class Plain:
    """A line for each event, with how much of the run is over."""

    def __init__(self, board: Board, console: Console) -> None:
        self._board = board
        self._file = console.file

    def tell(self, event: PlanEvent) -> None:
        """See `Display`."""
        self._board.tell(event)
        self.note(line(event).said())

    def note(self, text: str) -> None:
        """See `Display`."""
        # Past rich, which takes longer for a line than the engine does for a step.
        self._file.write(f"[{percent(self._board)}] {plain(text)}\n")
        self._file.flush()


class Screen:
    """A terminal: what happened stays above, a bar and the running steps move below."""

    def __init__(self, board: Board, console: Console, *, title: str) -> None:
        self._board = board
        self._console = console
        self._title = title
        self._spinner = Spinner("dots", style="cyan")
        self.live = Live(
            get_renderable=self.draw,
            console=console,
            refresh_per_second=_REFRESHES,
            transient=True,
        )

    def tell(self, event: PlanEvent) -> None:
        """See `Display`."""
        self._board.tell(event)
        if self._stays(event):
            said = line(event)
            word = Text(f"{said.word:<9}", style=said.style)
            self._console.print(Text.assemble(word, " ", said.text), soft_wrap=True)

    def note(self, text: str) -> None:
        """See `Display`."""
        self._console.print(Text(plain(text), style="yellow"), soft_wrap=True)

    def draw(self) -> RenderableType:
        """The moving part, as it is now; called by the display's own thread."""
        return Group(self._bar(), *self._going())

    def _stays(self, event: PlanEvent) -> bool:
        if event.kind in _QUIET:
            return False
        if self._board.total <= _FEW or event.kind != "step_ended":
            return True
        return event.status == "failed"

    def _bar(self) -> RenderableType:
        board = self._board
        said = Text(f"{percent(board)}  {board.over} of {count(board.total, 'step')}")
        for status in ("failed", "skipped", "cancelled"):
            if board.counts[status]:
                said.append(f", {board.counts[status]} {status}", style=STYLES[status])
        said.append(f"  {seconds(board.elapsed) or 'starting'}", style="dim")
        grid = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=board.total or 1, completed=board.over, width=30)
        title = Text(plain(self._title), style="bold", no_wrap=True, overflow="ellipsis")
        grid.add_row(title, bar, said)
        return grid

    def _going(self) -> Iterator[RenderableType]:
        going = list(self._board.going.items())  # one step of the interpreter: a thread may ask
        room = max(1, min(_MOST_GOING, self._console.height - 4))
        grid = Table.grid(padding=(0, 1))
        for step, one in islice(going, room):
            left = self._board.left(one)
            again = f"attempt {one.attempt}" if one.attempt > 1 else ""
            name = Text(plain(step))
            if left is not None:
                grid.add_row(" ", name, again, Text(f"in {seconds(left)}", style="yellow"))
            else:
                age = Text(seconds(self._board.age(one)), style="dim")
                grid.add_row(self._spinner, name, again, age)
        if going:
            yield grid
        if len(going) > room:
            yield Text(f"  and {len(going) - room} more", style="dim")


def percent(board: Board) -> str:
    """How much of the run is over; 100 only when all of it is."""
    whole = 100 if board.over == board.total else min(99, round(100 * board.share))
    return f"{whole:3d}%"
