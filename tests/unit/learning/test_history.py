"""The history that all runs of a process share."""

import asyncio
import threading
from pathlib import Path

from gatewright.domain.outcome import Arm, Counted, Tally
from gatewright.learning.history import SharedHistory
from gatewright.telemetry.routing_history import CountedReading

ARM = Arm("implementer", "low", "", 0, "openai/one", False)


class Shelf:
    """What there is to be read, and how often it was."""

    def __init__(self, passed: float, *problems: str) -> None:
        self.reading = CountedReading(Counted({ARM: Tally(passed=passed)}), problems)
        self.reads = 0
        self.threads: set[int] = set()

    def read(self, folder: Path) -> CountedReading:
        self.reads += 1
        self.threads.add(threading.get_ident())
        return self.reading


def shared(shelf: Shelf, *, told: list[str] | None = None, fresh_s: float = 60.0) -> SharedHistory:
    heard = [] if told is None else told
    return SharedHistory(Path("/x"), read=shelf.read, on_problem=heard.append, fresh_s=fresh_s)


def passed(one: SharedHistory) -> float:
    return one.history.levels(ARM)[-1].passed


async def test_it_is_read_once_for_all_who_wait_and_not_on_their_loop() -> None:
    shelf = Shelf(3)
    one = shared(shelf)
    await asyncio.gather(*(one.ready() for _ in range(5)))
    assert (shelf.reads, passed(one)) == (1, 3)
    assert threading.get_ident() not in shelf.threads


async def test_what_others_saw_is_read_after_a_while() -> None:
    shelf = Shelf(3)
    one = shared(shelf, fresh_s=0.0)
    await one.ready()
    shelf.reading = Shelf(5).reading
    await one.ready()
    assert passed(one) == 5


async def test_a_file_that_cannot_be_read_takes_nothing_away() -> None:
    shelf, told = Shelf(3), list[str]()
    one = shared(shelf, told=told, fresh_s=0.0)
    await one.ready()
    shelf.reading = Shelf(1, "a.duckdb: held").reading
    await one.ready()
    assert (passed(one), told) == (3, ["a.duckdb: held"])


async def test_at_first_half_a_history_is_better_than_none() -> None:
    one = shared(Shelf(1, "a.duckdb: held"))
    await one.ready()
    assert passed(one) == 1
