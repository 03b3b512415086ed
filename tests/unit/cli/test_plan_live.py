"""A run as it goes on, at a terminal and elsewhere."""

import io
from collections.abc import Iterable

import pytest
from rich.console import Console

from gatewright.cli.plans.board import Board
from gatewright.cli.plans.live import Screen, displaying, percent
from gatewright.domain.plan_run import PlanEvent
from tests.unit.cli.plan_told import event

END = event("step_ended", "a", status="succeeded", exit_code=0, duration_s=0.5)


def drawn(events: Iterable[PlanEvent], *, steps: Iterable[str], height: int = 24) -> str:
    """The moving part after these."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, height=height, color_system=None)
    screen = Screen(Board(steps), console, title="release [red]x")
    for one in events:
        screen.tell(one)
    above = len(out.getvalue())
    console.print(screen.draw())
    return out.getvalue()[above:]


def test_without_a_terminal_each_event_is_a_line_with_its_share() -> None:
    out = io.StringIO()
    board = Board(("a", "b"))
    with displaying(board, Console(file=out), title="release") as display:
        display.tell(event("step_started", "a", attempt=1))
        display.tell(END)
    assert out.getvalue() == "[  0%] start     a\n[ 50%] ok        a, 500 ms\n"


def test_at_a_terminal_the_bar_has_its_plan_and_its_share() -> None:
    said = drawn([END], steps="abcd").splitlines()[-1]
    assert said.startswith("release [red]x")
    assert " 25%  1 of 4 steps" in said


def test_at_a_terminal_what_runs_has_a_line() -> None:
    said = drawn([event("step_started", "b", attempt=2)], steps="ab")
    assert "b attempt 2" in said


def test_what_went_wrong_is_in_the_bar() -> None:
    said = drawn([event("step_ended", "a", status="failed", exit_code=1)], steps="ab")
    assert "1 failed" in said


@pytest.mark.parametrize(("height", "shown"), [(24, 16), (10, 6), (1, 1)])
def test_no_more_lines_than_the_terminal_has(height: int, shown: int) -> None:
    steps = [f"s{n}" for n in range(40)]
    started = [event("step_started", step, attempt=1) for step in steps]
    said = drawn(started, steps=steps, height=height)
    assert f"and {40 - shown} more" in said


def test_at_a_terminal_what_ended_stays_above() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, color_system=None)
    screen = Screen(Board("ab"), console, title="release")
    screen.tell(event("step_started", "a", attempt=1))
    screen.tell(END)
    assert out.getvalue() == "ok        a, 500 ms\n"


def test_of_a_large_plan_only_what_went_wrong_stays() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, color_system=None)
    screen = Screen(Board(f"s{n}" for n in range(500)), console, title="release")
    screen.tell(event("step_ended", "s1", status="succeeded", exit_code=0))
    screen.tell(event("step_ended", "s2", status="failed", exit_code=1))
    assert out.getvalue() == "failed    s2: exit 1\n"


def test_the_display_leaves_the_terminal_as_it_was() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100)
    with displaying(Board("a"), console, title="release") as display:
        display.tell(END)
    assert out.getvalue().endswith("\x1b[?25h") or "\x1b[?25h" in out.getvalue()


@pytest.mark.parametrize(
    ("over", "total", "said"), [(0, 3, "  0%"), (999, 1000, " 99%"), (3, 3, "100%")]
)
def test_a_hundred_percent_is_all(over: int, total: int, said: str) -> None:
    board = Board(f"s{n}" for n in range(total))
    for number in range(over):
        board.tell(event("step_ended", f"s{number}", status="skipped"))
    assert percent(board) == said
