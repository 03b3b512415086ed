"""Rows that the writer gives up when it is closed."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from gatewright import logs
from gatewright.telemetry.queue import Drafted, Losses, Row

_LOG = logs.logger(__name__)


def surrender(
    rows: Sequence[Row | Drafted], losses: Losses, *, folder: Path, trouble: str | None
) -> None:
    """Count them as lost, and say so once: nobody may ask for the count any more."""
    if not rows:
        return
    losses.lose(rows)
    tables = Counter(row.table for row in rows)
    _LOG.warning(
        "telemetry_lost",
        folder=str(folder),
        rows=len(rows),
        tables=", ".join(f"{table} {count}" for table, count in sorted(tables.items())),
        trouble=trouble or "not written in time",
    )
