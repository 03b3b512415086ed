"""Runs of tasks in the ledger: who began one, how it ended, and whose process is gone."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict

from gatewright.domain.entry import Killed, OpenRun, Process, RunEnd
from gatewright.domain.errors import InputError
from gatewright.domain.secret_forms import redact
from gatewright.storage.processes import is_gone
from gatewright.storage.statements import Statements, now


class TaskRuns:
    """A part of the ledger. A run is what one process does for one task, from its lock to its end.

    Who runs a task holds its lock (storage/locks.py), which the kernel takes back from the dead;
    the ledger says afterwards who it was, and that it was killed.
    """

    _statements: Statements
    _this_process: Callable[[], Process]

    async def begin(self, task_id: str, *, by: str) -> int:
        """This process starts to run a task; returns the run, for `finish`.

        Raises: InputError for a cancelled task; sqlite3.IntegrityError for one that was never
        accepted.
        """
        process = json.dumps(asdict(await asyncio.to_thread(self._this_process)))
        values = {"task_id": task_id, "at": now(), "by": by, "process": process}
        row = await self._statements.row("begin", values)
        if row is None:
            raise InputError(
                "task",
                task_id,
                "was cancelled",
                f"Take it up again: `gatewright resume {task_id}`.",
            )
        return int(row[0])

    async def finish(self, run: int, how: RunEnd, detail: str = "") -> None:
        """How a run ended; the first end stays, such as that of one which was taken for dead.

        Raises: LookupError for a run that never began.
        """
        await self._end(run, how, redact(detail).text, by="")

    async def open_runs(self) -> tuple[OpenRun, ...]:
        """Runs without an end, of all hosts, oldest first; the dead among them until `bury`."""
        return tuple(
            OpenRun(run=run, task_id=task_id, by=by, process=_process(process), began_at=began_at)
            for run, task_id, by, process, began_at in await self._statements.rows("open_runs", {})
        )

    async def bury(self) -> tuple[Killed, ...]:
        """End as `killed` what processes of this host left without an end; what was so ended.

        Several may bury at once: each run is named in the result of one of them.
        """
        found = []
        for run in await self.open_runs():
            if not await asyncio.to_thread(is_gone, run.process):
                continue
            said = f"process {run.process.pid} on {run.process.host} was gone"
            if await self._end(run.run, "killed", said, by=""):
                found.append(
                    Killed(
                        run=run.run,
                        task_id=run.task_id,
                        process=run.process,
                        began_at=run.began_at,
                    )
                )
        return tuple(found)

    async def _end(self, run: int, how: RunEnd, detail: str, *, by: str) -> bool:
        values = {"run": run, "how": how, "detail": detail, "by": by, "at": now()}
        if await self._statements.row("finish", values) is not None:
            return True
        if await self._statements.row("run", {"run": run}) is None:
            raise LookupError(f"no run {run!r} ever began; give the number that begin() returned")
        return False


def _process(text: str) -> Process:
    return Process(**json.loads(text))
