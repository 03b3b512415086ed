"""What a process that was killed leaves behind: a whole ledger, and no lock."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gatewright.domain.errors import ThreadBusy
from gatewright.storage.database import open_database
from gatewright.storage.journal import AnswerJournal
from gatewright.storage.ledger import Ledger
from gatewright.storage.locks import task_lock

ROOT = Path(__file__).parents[3]


@contextmanager
def writer(*arguments: object) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.unit.storage.writer", *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines_until_killed(
    process: "subprocess.Popen[str]", enough: Callable[[str], bool]
) -> list[str]:
    """What it said before it was killed, somewhere in the middle of the next write."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line.strip())
        if enough(said[-1]):
            os.kill(process.pid, signal.SIGKILL)
            break
    return [*said, *(line.strip() for line in process.stdout)]


async def test_a_ledger_is_whole_after_kill_9(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite"
    with writer("ledger", file) as process:
        said = lines_until_killed(process, "t20".__eq__)
    assert process.returncode == -signal.SIGKILL
    assert len(said) > 20
    async with open_database(file) as connection:
        async with connection.execute("PRAGMA integrity_check") as cursor:
            assert [tuple(row) for row in await cursor.fetchall()] == [("ok",)]
        entries = {entry.task.id: entry for entry in await Ledger(connection).entries()}
        answers = [await AnswerJournal(connection).recall(f"k{name[1:]}") for name in said]
        histories = [await Ledger(connection).history(name) for name in said]
    assert [entries[name].state for name in said] == ["planning"] * len(said)
    assert [answer and len(answer.text) for answer in answers] == [5000] * len(said)
    kinds = {tuple(each.kind for each in history) for history in histories}
    assert kinds == {("accepted", "began", "state", "answered", "cancel_asked")}
    assert len(entries) <= len(said) + 1


async def test_the_runs_of_a_killed_process_are_buried_by_the_next(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite"
    with writer("ledger", file) as process:
        said = lines_until_killed(process, "t3".__eq__)
    async with open_database(file) as connection:
        killed = await Ledger(connection).bury()
        left = await Ledger(connection).open_runs()
    assert {run.task_id for run in killed} >= set(said)
    assert ({run.process.pid for run in killed}, left) == ({process.pid}, ())


async def test_a_killed_ledger_is_written_on(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite"
    with writer("ledger", file) as process:
        lines_until_killed(process, "t0".__eq__)
    async with open_database(file) as connection:
        await Ledger(connection).note("t0", "done")
        found = await Ledger(connection).find("t0")
        assert await AnswerJournal(connection).recall("k0") is not None
    assert found is not None
    assert found.state == "done"


def test_a_lock_is_refused_to_a_second_process_by_the_owners_name(tmp_path: Path) -> None:
    with writer("lock", tmp_path, "t") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with (
            pytest.raises(ThreadBusy, match=f"Task 't' is being run by process {process.pid}"),
            task_lock(tmp_path, "t"),
        ):
            pass


def test_a_lock_is_free_once_its_owner_is_killed(tmp_path: Path) -> None:
    with writer("lock", tmp_path, "t") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        process.kill()
        process.wait()
        with task_lock(tmp_path, "t"):
            pass
