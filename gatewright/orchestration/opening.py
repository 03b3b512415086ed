"""The store of plan runs of a home, opened once for all event loops of a process."""

import asyncio
import threading
from contextlib import suppress
from pathlib import Path

from gatewright.storage.plans.runs import PlanRuns
from gatewright.upkeep.plan_leftovers import FOLDER


class Opened:
    """Opens the store when it is first asked for; any thread and any loop may use it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._store: PlanRuns | None = None
        self._opening = threading.Lock()

    @property
    def folder(self) -> Path:
        """Has a folder for each run."""
        return self._home / FOLDER

    async def store(self) -> PlanRuns:
        """Raises: EnvironmentFault where the state database cannot be used."""
        if self._store is None:
            return await asyncio.to_thread(self._open)
        return self._store

    def close(self) -> None:
        """Blocks. Safe to call twice; a later use opens it again."""
        with self._opening:
            store, self._store = self._store, None
        if store is not None:
            with suppress(RuntimeError):
                asyncio.run(store.close())

    def _open(self) -> PlanRuns:
        with self._opening:
            if self._store is None:
                database = self._home / "state.sqlite"
                self._store = asyncio.run(PlanRuns.open(database, self.folder))
            return self._store
