"""A process that writes to the ledger, or holds a lock, until it is killed.

`python -m tests.unit.storage.writer ledger FILE` prints the id of each task after it was accepted,
begun, noted, its model and a person answered, and it was to be cancelled; `... lock FOLDER TASK`
prints `held` once it has the lock.
"""

import asyncio
import sys
from itertools import count
from pathlib import Path

from gatewright.domain.conversation import Reply
from gatewright.domain.human import Answer
from gatewright.domain.task import Task
from gatewright.storage.database import open_database
from gatewright.storage.journal import AnswerJournal
from gatewright.storage.ledger import Ledger
from gatewright.storage.locks import task_lock


async def write(file: Path) -> None:
    async with open_database(file) as connection:
        ledger, journal = Ledger(connection), AnswerJournal(connection)
        for number in count():
            task = Task(id=f"t{number}", goal="x" * 5000, repo=Path("/r"))
            await ledger.accept(task, "c", by="ada@mill")
            await ledger.begin(task.id, by="ada@mill")
            await ledger.note(task.id, "planning")
            await ledger.answer(f"q{number}", task.id, Answer(action="approve"), by="ada@mill")
            await ledger.request_cancel(task.id, by="ada@mill", reason="z" * 5000)
            await journal.record(f"k{number}", task.id, Reply(text="y" * 5000, model="m"))
            print(task.id, flush=True)


def hold(folder: Path, task_id: str) -> None:
    with task_lock(folder, task_id):
        print("held", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["ledger", file]:
            asyncio.run(write(Path(file)))
        case ["lock", folder, task_id]:
            hold(Path(folder), task_id)
