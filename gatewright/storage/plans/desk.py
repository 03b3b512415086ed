"""One thread with one connection, which does what it is asked in the order in which it was asked.

What was asked meanwhile is done in one transaction: a commit costs more than what is in it. The
connection syncs at checkpoints only, which is enough to outlive a kill of the process.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar, cast

from gatewright.domain.errors import EnvironmentFault
from gatewright.storage.database import BUSY_TIMEOUT_S, cannot_open

T = TypeVar("T")

_MOST = 500
"""Orders in one transaction, so that others get to write as well."""
_PAGES_TO_CHECKPOINT = 4000
"""Of 4 KiB: a checkpoint syncs, and waits for the disk."""


@dataclass(eq=False, kw_only=True, slots=True)
class Order(Generic[T]):
    """Something to be done with the connection."""

    work: Callable[[sqlite3.Connection], T]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[T]"
    writes: bool
    then: Callable[[], None] | None = None
    """Done once it is committed, before whoever asked hears of it."""
    after: Callable[[], None] | None = None
    """Done once it is committed and whoever asked has heard of it; must not raise."""
    result: T | None = None
    error: BaseException | None = field(default=None)


class Desk:
    """See the module."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened before `open`."""
        self.connection: sqlite3.Connection
        """For what is done in the desk's thread."""
        self.on_rollback: Callable[[], None] = _nothing
        """Called in the desk's thread when what was done since the last commit is not."""
        self._path = path
        self._orders: SimpleQueue[Order[Any] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="gatewright-plans", daemon=True)
        self._begun: asyncio.Future[None]

    async def open(self) -> None:
        """Raises: EnvironmentFault."""
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._begun = loop.create_future()
        self._thread.start()
        await asyncio.shield(self._begun)

    async def close(self) -> None:
        """After all that was asked for is done."""
        self._orders.put(None)
        await asyncio.to_thread(self._thread.join)

    async def write(
        self,
        work: Callable[[sqlite3.Connection], T],
        *,
        then: Callable[[], None] | None = None,
        after: Callable[[], None] | None = None,
    ) -> T:
        """Durable when it returns; done even if whoever waits for it is cancelled.

        `then` and `after` are done once it is: before this returns, and without its waiting.
        Raises: what `work` or `then` raises, and for the former nothing of it was done;
        EnvironmentFault.
        """
        return await self._ask(work, writes=True, then=then, after=after)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What was written before this is seen. Raises: what `work` raises; EnvironmentFault."""
        return await self._ask(work, writes=False)

    def _ask(
        self,
        work: Callable[[sqlite3.Connection], T],
        *,
        writes: bool,
        then: Callable[[], None] | None = None,
        after: Callable[[], None] | None = None,
    ) -> "asyncio.Future[T]":
        if not self._thread.is_alive():
            raise RuntimeError("the store of plan runs is closed; open it again")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._orders.put(
            Order(work=work, loop=loop, future=future, writes=writes, then=then, after=after)
        )
        return future

    # In the thread

    def _serve(self) -> None:
        try:
            self.connection = connection = self._connect()
        except sqlite3.Error as error:
            self._tell(self._loop, _set_error, self._begun, cannot_open(self._path, error))
            return
        self._tell(self._loop, _set_result, self._begun, None)
        try:
            while (orders := self._next()) is not None:
                self._fill(connection, orders)
                self._answer(orders)
                for order in orders:
                    if order.after is not None and order.error is None:
                        order.after()
        finally:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None
        )
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint={_PAGES_TO_CHECKPOINT}").fetchall()
        return connection

    def _next(self) -> list[Order[Any]] | None:
        """All that waits, at least one; None: it is closed and nothing is left."""
        first = self._orders.get()
        if first is None:
            return None
        orders = [first]
        with suppress(Empty):
            while len(orders) < _MOST:
                more = self._orders.get_nowait()
                if more is None:
                    self._orders.put(None)
                    break
                orders.append(more)
        return orders

    def _fill(self, connection: sqlite3.Connection, orders: Sequence[Order[Any]]) -> None:
        try:
            self._together(connection, orders)
        except Exception as error:  # noqa: BLE001  told to whoever asked
            if len(orders) == 1:
                orders[0].error = self._named(error)
                return
            for order in orders:  # one that fails must not take its neighbours with it
                self._fill(connection, [order])
            return
        for order in orders:
            self._follow(order)

    @staticmethod
    def _follow(order: Order[Any]) -> None:
        """It is committed by now, and must not be done again."""
        try:
            if order.then is not None:
                order.then()
        except Exception as error:  # noqa: BLE001  told to whoever asked
            order.error = error

    def _together(self, connection: sqlite3.Connection, orders: Sequence[Order[Any]]) -> None:
        writes = any(order.writes for order in orders)
        if writes:
            connection.execute("BEGIN IMMEDIATE")
        try:
            for order in orders:
                order.result = order.work(connection)
            if writes:
                connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self.on_rollback()
            raise

    def _named(self, error: Exception) -> Exception:
        wrong = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
        if wrong or not isinstance(error, sqlite3.OperationalError | sqlite3.DatabaseError):
            return error
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            return error
        return EnvironmentFault(
            f"The state database {str(self._path)!r} cannot be used: {error}",
            "Free space, make it writable, or wait for others to be done with it, and give the "
            "same command again: nothing that was kept is lost.",
        )

    def _answer(self, orders: Sequence[Order[Any]]) -> None:
        """One wake-up for all of a loop."""
        for loop in {id(order.loop): order.loop for order in orders}.values():
            self._tell(loop, _settle, [order for order in orders if order.loop is loop])

    @staticmethod
    def _tell(loop: asyncio.AbstractEventLoop, what: Callable[..., None], *values: Any) -> None:
        with suppress(RuntimeError):  # whoever asked is gone, and its loop closed
            loop.call_soon_threadsafe(what, *values)


def _nothing() -> None:
    """Nobody keeps anything."""


def _settle(orders: Sequence[Order[Any]]) -> None:
    for order in orders:
        if order.error is not None:
            _set_error(order.future, order.error)
        else:
            _set_result(order.future, cast(Any, order.result))


def _set_result(future: "asyncio.Future[T]", result: T) -> None:
    if not future.done():
        future.set_result(result)


def _set_error(future: "asyncio.Future[Any]", error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
