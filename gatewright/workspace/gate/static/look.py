"""What the checks that run nothing have to look at."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from gatewright.domain.policy import Policy
from gatewright.domain.task import Allowance
from gatewright.workspace.gate.changed import FileChange


@dataclass(frozen=True, kw_only=True)
class Look:
    """A change beside its base."""

    base: Path
    """A copy of the base; nothing has run in it."""
    after: Path
    """A copy of the change; nothing has run in it."""
    changes: tuple[FileChange, ...]
    policy: Policy
    allow: Collection[Allowance]
    scope: Collection[str]
    """Paths that the plan names; empty: it names none."""
    roots: tuple[str, ...]
    """Directories of the repository on the import path, besides its top."""
    modules: frozenset[str]
    """Top-level modules that the repository's environment has installed."""
