"""What housekeeping took away, what it passed over and what it could not do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from gatewright.domain.errors import GatewrightError
from gatewright.domain.findings import Frozen

PartName = Literal[
    "scratch",
    "baselines",
    "worktrees",
    "refs",
    "logs",
    "checkpoints",
    "answers",
    "plans",
    "purse",
]
_SURVIVED = (GatewrightError, OSError, sqlite3.Error)


class Part(Frozen):
    """What was taken away of one kind."""

    name: PartName
    count: int
    bytes: int
    """Of the disk; of rows: of their content, the file shrinks by `databases`; of refs: 0, their
    commits are git's to collect."""


class Kept(Frozen):
    """A task that was passed over, or of which something was."""

    task_id: str
    why: str


class DatabaseSize(Frozen):
    """A database file, with the log beside it."""

    name: str
    before_bytes: int
    after_bytes: int


class Freed(Frozen):
    """What `gatewright gc` came to; of a dry run, what it would come to."""

    dry_run: bool
    parts: tuple[Part, ...]
    databases: tuple[DatabaseSize, ...]
    kept: tuple[Kept, ...]
    problems: tuple[str, ...]
    """What could not be done, and why; the next time it is tried again."""


class Tally:
    """Counts while housekeeping goes on."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []
        self.problems: list[str] = []
        self._parts: dict[PartName, Part] = {}

    @property
    def parts(self) -> tuple[Part, ...]:
        """In the order in which they were first counted; none of which there was nothing."""
        return tuple(part for part in self._parts.values() if part.count)

    def add(self, name: PartName, count: int, size: int = 0) -> None:
        """So many more are gone."""
        old = self._parts.get(name, Part(name=name, count=0, bytes=0))
        self._parts[name] = Part(name=name, count=old.count + count, bytes=old.bytes + size)

    def keep(self, task_id: str, why: str) -> None:
        """Something of this task stays."""
        self.kept.append(Kept(task_id=task_id, why=why))

    @contextmanager
    def trying(self, what: str) -> Iterator[None]:
        """What goes wrong in here is noted, and housekeeping goes on."""
        try:
            yield
        except _SURVIVED as error:
            self.problems.append(f"{what}: {error}")
