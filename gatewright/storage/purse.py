"""The purse: what all tasks of a home have spent, and have set aside, over all processes."""

import calendar
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import aiosqlite

from gatewright.domain.errors import BudgetExhausted
from gatewright.storage.sql import queries

NANO = 1_000_000_000


class HouseSpending(NamedTuple):
    """Spent and set aside, in USD."""

    day_usd: float
    """Since midnight UTC."""
    month_usd: float
    """Since the first of the month, UTC."""


class SqlPurse:
    """Implements the `Purse` port on the state database.

    Money counts on the day on which it was set aside. What was set aside and never settled, because
    its process died or its price is not known, stays counted: the provider may have billed it.
    """

    def __init__(
        self,
        connection: aiosqlite.Connection,
        *,
        day_usd: float | None,
        month_usd: float | None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Limits for calendar days and months, UTC; None: no such limit, but it is counted."""
        self._connection = connection
        self._day_usd = day_usd
        self._month_usd = month_usd
        self._now = now

    async def reserve(self, key: str, task_id: str, usd: float) -> None:
        """Set money aside; what stands under the key and was never settled stays, beside it.

        Raises: BudgetExhausted("day_usd" or "month_usd") when it would not fit; nothing is set
        aside then, and what stood under the key stays.
        """
        moment = self._moment()
        values = moment | {
            "key": key,
            "task_id": task_id,
            "nano_usd": _nano(usd),
            "day_most": None if self._day_usd is None else _nano(self._day_usd),
            "month_most": None if self._month_usd is None else _nano(self._month_usd),
        }
        await self._connection.execute(queries()["lose"], {"key": key})
        if await self._row("reserve", values) is None:
            raise await self._refusal(key, usd, moment)

    async def settle(self, key: str, usd: float | None) -> None:
        """What it came to; None (not known): what was set aside stays."""
        if usd is None:
            return
        values = {"key": key, "nano_usd": _nano(usd), "at": self._moment()["at"]}
        await self._connection.execute(queries()["settle"], values)

    async def left_usd(self) -> float | None:
        """What the house's budgets leave, never less than 0; None: there are none."""
        spent = await self.spent_usd()
        limits = ((self._day_usd, spent.day_usd), (self._month_usd, spent.month_usd))
        left = [limit - used for limit, used in limits if limit is not None]
        return max(min(left), 0.0) if left else None

    async def pace(self) -> float:
        """The share of money left over the share of time left, of the tightest budget; at most 1.

        1 where there is none, or it lasts: money that is not needed is not to be spent.
        """
        spent, now = await self.spent_usd(), self._now().astimezone(UTC)
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        month = day.replace(day=1)
        days = calendar.monthrange(now.year, now.month)[1]
        return min(
            1.0,
            _pace(self._day_usd, spent.day_usd, now - day, timedelta(days=1)),
            _pace(self._month_usd, spent.month_usd, now - month, timedelta(days=days)),
        )

    async def spent_usd(self) -> HouseSpending:
        """Spent and set aside so far, whether there are limits or not."""
        return await self._spent(self._moment(), besides="")

    async def _refusal(self, key: str, usd: float, moment: dict[str, Any]) -> BudgetExhausted:
        spent = await self._spent(moment, besides=key)
        if self._day_usd is not None and _nano(spent.day_usd + usd) > _nano(self._day_usd):
            return BudgetExhausted("day_usd", self._day_usd, spent.day_usd)
        if self._month_usd is not None:
            return BudgetExhausted("month_usd", self._month_usd, spent.month_usd)
        # Another process gave money back between the two questions: the day's limit it was.
        return BudgetExhausted("day_usd", self._day_usd or 0.0, spent.day_usd)

    async def _spent(self, moment: dict[str, Any], *, besides: str) -> HouseSpending:
        row = await self._row("spent", moment | {"key": besides})
        day, month = (0, 0) if row is None else row
        return HouseSpending(day / NANO, month / NANO)

    async def _row(self, query: str, values: dict[str, Any]) -> aiosqlite.Row | None:
        async with self._connection.execute(queries()[query], values) as cursor:
            return await cursor.fetchone()

    def _moment(self) -> dict[str, Any]:
        now = self._now().astimezone(UTC)
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        month = day.replace(day=1)
        names = {"at": now, "day": day, "month": month}
        # Text of one length and one zone sorts as the moments do.
        return {name: at.isoformat(timespec="milliseconds") for name, at in names.items()}


def _pace(limit: float | None, spent: float, gone: timedelta, period: timedelta) -> float:
    if limit is None:
        return 1.0
    if limit <= 0:
        return 0.0
    return max(1 - spent / limit, 0.0) / max(1 - gone / period, 1e-6)


def _nano(usd: float) -> int:
    if not 0 <= usd < math.inf:
        raise ValueError(f"money must be a finite number of dollars from 0 up, not {usd!r}")
    return round(usd * NANO)
