"""The house's money, in real SQLite files."""

import asyncio
import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import aiosqlite
import pytest

from gatewright.domain.errors import BudgetExhausted
from gatewright.domain.ports import Purse
from gatewright.storage.database import open_database
from gatewright.storage.purse import HouseSpending, SqlPurse

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[3]


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def purse(database: aiosqlite.Connection, clock: Clock) -> SqlPurse:
    return SqlPurse(database, day_usd=1.0, month_usd=10.0, now=clock)


async def refusal(purse: Purse, usd: float, *, key: str = "refused") -> BudgetExhausted:
    with pytest.raises(BudgetExhausted) as caught:
        await purse.reserve(key, "t", usd)
    return caught.value


async def spent_days(purse: SqlPurse, clock: Clock, usd: float) -> None:
    """So much on each of the ten days up to now."""
    today = clock.now
    for ago in range(10, -1, -1):
        clock.now = today - timedelta(days=ago)
        await purse.reserve(f"day {ago}", "t", usd)
    clock.now = today


async def test_what_is_set_aside_is_not_left(purse: SqlPurse) -> None:
    await purse.reserve("k", "t", 0.75)
    assert await purse.left_usd() == 0.25


async def test_what_was_too_much_is_given_back(purse: SqlPurse) -> None:
    await purse.reserve("k", "t", 0.75)
    await purse.settle("k", 0.5)
    assert await purse.left_usd() == 0.5


async def test_what_came_to_nothing_is_given_back(purse: SqlPurse) -> None:
    await purse.reserve("k", "t", 0.75)
    await purse.settle("k", 0.0)
    assert await purse.left_usd() == 1.0


async def test_what_it_came_to_is_not_known_so_that_what_was_set_aside_stays(
    purse: SqlPurse,
) -> None:
    await purse.reserve("k", "t", 0.75)
    await purse.settle("k", None)
    assert await purse.left_usd() == 0.25


async def test_more_than_is_left_is_refused_and_not_set_aside(purse: SqlPurse) -> None:
    await purse.reserve("k", "t", 0.75)
    fault = await refusal(purse, 0.5)
    assert (fault.limit, fault.allowed, fault.spent) == ("day_usd", 1.0, 0.75)
    assert await purse.left_usd() == 0.25


async def test_a_limit_can_be_used_to_the_last_cent(purse: SqlPurse) -> None:
    """Sums of dollars as floating point numbers come to more than 1."""
    for number in range(10):
        await purse.reserve(f"k{number}", "t", 0.1)
    assert await purse.left_usd() == 0.0
    assert (await refusal(purse, 1e-9)).limit == "day_usd"


async def test_what_costs_nothing_is_allowed_when_nothing_is_left(purse: SqlPurse) -> None:
    await purse.reserve("k", "t", 1.0)
    await purse.reserve("free", "t", 0.0)
    assert await purse.left_usd() == 0.0


async def test_what_a_dead_process_had_set_aside_stays_beside_the_second_try(
    purse: SqlPurse,
) -> None:
    await purse.reserve("k", "t", 0.25)
    await purse.reserve("k", "t", 0.5)
    await purse.settle("k", 0.125)
    assert await purse.left_usd() == 1 - 0.25 - 0.125


async def test_what_was_settled_is_replaced(purse: SqlPurse) -> None:
    await purse.reserve("k", "t", 0.25)
    await purse.settle("k", 0.25)
    await purse.reserve("k", "t", 0.5)
    assert await purse.left_usd() == 0.5


async def test_a_second_time_that_is_refused_leaves_the_first(purse: SqlPurse) -> None:
    await purse.reserve("k", "t", 0.75)
    fault = await refusal(purse, 1.5, key="k")
    assert (fault.spent, await purse.left_usd()) == (0.75, 0.25)


async def test_what_came_to_more_is_counted_and_less_than_nothing_is_not_left(
    purse: SqlPurse,
) -> None:
    await purse.reserve("k", "t", 0.75)
    await purse.settle("k", 1.5)
    assert (await purse.left_usd(), await purse.spent_usd()) == (0.0, HouseSpending(1.5, 1.5))


async def test_spent_money_counts_though_nothing_was_set_aside(purse: SqlPurse) -> None:
    await purse.settle("unheard of", 0.25)
    assert await purse.left_usd() == 0.75


async def test_the_next_day_begins_with_nothing_spent(purse: SqlPurse, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 21, 23, 59, 59, 999_000, tzinfo=UTC)
    await purse.reserve("k", "t", 1.0)
    before = await purse.left_usd()
    clock.now += timedelta(milliseconds=1)
    assert (before, await purse.left_usd()) == (0.0, 1.0)


async def test_money_counts_on_the_day_on_which_it_was_set_aside(
    purse: SqlPurse, clock: Clock
) -> None:
    await purse.reserve("k", "t", 1.0)
    clock.now += timedelta(days=1)
    await purse.settle("k", 0.5)
    assert await purse.spent_usd() == HouseSpending(0.0, 0.5)


async def test_days_are_those_of_utc(purse: SqlPurse, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 22, 1, tzinfo=timezone(timedelta(hours=9)))  # the 21st, 16:00
    await purse.reserve("k", "t", 1.0)
    clock.now = NOON
    assert await purse.left_usd() == 0.0


async def test_the_month_has_a_limit_of_its_own(purse: SqlPurse, clock: Clock) -> None:
    await spent_days(purse, clock, 0.875)
    clock.now += timedelta(days=1)
    assert await purse.left_usd() == 10.0 - 11 * 0.875
    fault = await refusal(purse, 0.5)
    assert (fault.limit, fault.allowed, fault.spent) == ("month_usd", 10.0, 11 * 0.875)


async def test_of_two_limits_the_day_is_named(purse: SqlPurse) -> None:
    await purse.reserve("k", "t", 1.0)
    assert (await refusal(purse, 20.0)).limit == "day_usd"


async def test_the_next_month_begins_with_nothing_spent(purse: SqlPurse, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 30, 23, tzinfo=UTC)
    await spent_days(purse, clock, 0.875)
    clock.now += timedelta(hours=1)
    assert await purse.spent_usd() == HouseSpending(0.0, 0.0)


async def test_without_limits_all_is_allowed_and_counted(database: aiosqlite.Connection) -> None:
    purse = SqlPurse(database, day_usd=None, month_usd=None)
    await purse.reserve("k", "t", 1e6)
    assert (await purse.left_usd(), await purse.spent_usd()) == (None, HouseSpending(1e6, 1e6))


async def test_a_limit_of_nothing_allows_nothing(database: aiosqlite.Connection) -> None:
    purse = SqlPurse(database, day_usd=0.0, month_usd=None)
    assert (await refusal(purse, 0.01)).limit == "day_usd"


@pytest.mark.parametrize("usd", [-0.01, math.nan, math.inf])
async def test_money_that_is_none_is_refused(purse: SqlPurse, usd: float) -> None:
    with pytest.raises(ValueError, match="finite number of dollars"):
        await purse.reserve("k", "t", usd)


async def test_of_many_at_once_as_many_are_allowed_as_there_is_money_for(
    database: aiosqlite.Connection, file: Path, clock: Clock
) -> None:
    """Two connections, as two processes have them."""
    async with open_database(file) as other:
        purses = [SqlPurse(c, day_usd=1.0, month_usd=None, now=clock) for c in (database, other)]
        asked = [purses[n % 2].reserve(f"k{n}", "t", 0.125) for n in range(20)]
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(r) for r in results].count(BudgetExhausted) == 12
        assert [await purse.left_usd() for purse in purses] == [0.0, 0.0]


async def test_over_processes_no_more_is_set_aside_than_there_is(file: Path) -> None:
    async with open_database(file):
        pass
    arguments = [sys.executable, "-m", "tests.unit.storage.spender", str(file)]
    spenders = [
        subprocess.Popen([*arguments, str(n)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for n in range(2)
    ]
    allowed = [int((await asyncio.to_thread(s.communicate))[0]) for s in spenders]
    async with open_database(file) as database:
        purse = SqlPurse(database, day_usd=None, month_usd=None)
        assert (sum(allowed), (await purse.spent_usd()).month_usd) == (40, 1.0)


async def test_what_a_process_left_behind_stays_counted(file: Path, clock: Clock) -> None:
    async with open_database(file) as first:
        await SqlPurse(first, day_usd=1.0, month_usd=None, now=clock).reserve("k", "t", 0.75)
    async with open_database(file) as second:
        assert await SqlPurse(second, day_usd=1.0, month_usd=None, now=clock).left_usd() == 0.25


@pytest.mark.parametrize(
    ("spent", "pace"),
    [(0.0, 1.0), (0.5, 1.0), (0.75, 0.5), (1.0, 0.0)],
)
async def test_the_pace_is_what_is_left_over_the_time_that_is(
    purse: SqlPurse, spent: float, pace: float
) -> None:
    """At noon, of a dollar a day."""
    await purse.reserve("k", "t", spent)
    assert await purse.pace() == pytest.approx(pace)


async def test_without_budgets_there_is_no_hurry(database: aiosqlite.Connection) -> None:
    purse = SqlPurse(database, day_usd=None, month_usd=None)
    await purse.reserve("k", "t", 1000.0)
    assert await purse.pace() == 1.0
