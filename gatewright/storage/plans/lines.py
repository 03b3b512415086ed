"""An event of a plan's run as a line of JSON, and back: the one schema of `events.jsonl`.

A line is an object: `number` (1, 2, 3, ... within the run) and the fields of
`gatewright.domain.plan_run.PlanEvent` that are not empty.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any

from gatewright.domain.plan_run import PlanEvent

_NAMES = tuple(field.name for field in fields(PlanEvent) if field.name not in ("kind", "run_id"))
_VALUES = attrgetter(*_NAMES)
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def line_of(event: PlanEvent, number: int) -> str:
    """Without its end of line; what the event has in it makes no second line."""
    said: dict[str, Any] = {"number": number, "kind": event.kind, "run_id": event.run_id}
    for name, value in zip(_NAMES, _VALUES(event), strict=True):
        if value is not None and value != "":
            said[name] = value
    if event.captures is not None:
        said["captures"] = dict(event.captures)
    return _safe(_ENCODE(said))


def event_of(line: str) -> PlanEvent:
    """Raises: ValueError for what is no event; a later version's fields are left out."""
    said = json.loads(line)
    if not isinstance(said, Mapping):
        raise ValueError(f"no event of a plan's run: {line[:80]!r}")
    known = {"kind", "run_id", *_NAMES}
    try:
        return PlanEvent(**{name: value for name, value in said.items() if name in known})
    except TypeError as error:
        raise ValueError(f"no event of a plan's run: {line[:80]!r}") from error


def _safe(text: str) -> str:
    """Half a surrogate pair, which undecodable output may bring, is no UTF-8."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
