"""What a person who watches a run hears of it."""

from gatewright.cli.plans.board import Board
from gatewright.cli.plans.watch import Hearing
from gatewright.domain.plan_run import PlanEvent
from tests.unit.cli.plan_told import event


class Page:
    """A display that breaks after so many events."""

    def __init__(self, *, most: int) -> None:
        self.heard: list[PlanEvent] = []
        self.asked = 0
        self._most = most

    def tell(self, event: PlanEvent) -> None:
        self.asked += 1
        if len(self.heard) == self._most:
            raise BrokenPipeError
        self.heard.append(event)

    def note(self, text: str) -> None:
        raise AssertionError(text)


def test_a_closed_terminal_ends_no_run_and_is_asked_once() -> None:
    page = Page(most=1)
    hearing = Hearing(Board("ab"), page)
    for step in "aab":
        hearing.tell(event("step_started", step, attempt=1))
    assert (len(page.heard), page.asked) == (1, 2)


def test_what_was_left_out_is_not_told() -> None:
    page = Page(most=9)
    hearing = Hearing(Board("ab"), page)
    hearing.tell(event("step_ended", "z", status="skipped"))
    assert page.heard == []


def test_the_run_is_known_from_its_first_event() -> None:
    hearing = Hearing(Board("ab"), Page(most=9))
    assert hearing.run_id is None
    hearing.tell(event("run_started"))
    assert hearing.run_id == "r1"
