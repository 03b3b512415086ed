"""No sandbox at all, for those who asked for it in so many words.

The command gets the same limits, a scrubbed environment, a home and a tmp of its own, and its
whole tree is killed at the end; but it can read, write and reach whatever its user can.
"""

from pathlib import Path

from gatewright.domain.command import Command, SandboxKind
from gatewright.workspace.sandbox.supervised import Supervised


class Unsafe(Supervised):
    """A `Runner` that confines nothing."""

    kind: SandboxKind = "none"
    label = "none (unsafe)"

    def rules(self, command: Command, own: Path) -> None:
        """Nothing; see `Supervised`."""
