"""An event of a run as a row of the table `events`."""

from datetime import datetime
from typing import Any

from gatewright.domain.events import Event, category

_TOLD = {"kind", "task_id", "at", "node"}
"""Fields that have a column, or are the run's."""
_WARNINGS = ("edit_refused", "interrupted")


def row_of(event: Event) -> dict[str, Any]:
    """Its columns; everything that has none is an attribute."""
    told = event.model_dump(mode="json", exclude_none=True, exclude=_TOLD)
    return {
        "ts": datetime.fromisoformat(event.at),
        "name": event.kind,
        "category": category(event),
        "severity": "warning" if event.kind in _WARNINGS else "info",
        "node": event.node,
        "attributes": told,
    }
