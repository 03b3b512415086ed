"""Decisions of the router and their verdicts: as rows, and back."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.errors import InputError
from gatewright.domain.findings import Frozen
from gatewright.domain.outcome import Outcome
from gatewright.telemetry.reader import Reading, open_reading

_AS_THEY_ARE = (
    *("model", "again", "reason", "policy_version", "strategy", "seed", "value_usd", "harm_usd"),
    *(
        "false_accept",
        "false_reject",
        "second_usd",
        "expected_usd",
        "chance",
        "best_model",
        "best_usd",
        "escalates",
    ),
    "fallback_of",
)
_LISTS = ("candidates", "excluded", "plan")


class Recorded(Frozen):
    """One decision as it was written down, and what became of it."""

    request: RoutingRequest
    decision: Decision
    decided_at: datetime
    """UTC."""
    task_id: str
    node: str | None = None
    trace_id: str | None = None
    outcome: Outcome | None = None
    """The verdict that holds in the end; None: there is none (yet)."""


def decision_row(
    request: RoutingRequest,
    decision: Decision,
    *,
    task_id: str,
    node: str | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    """A row of `routing_decisions`, for `Telemetry.record`; `at` is UTC, None: now.

    Without a node it is the one that is running.
    """
    return {
        **({} if node is None else {"node": node}),
        **{name: getattr(decision, name) for name in _AS_THEY_ARE},
        **{name: list(getattr(decision, name)) for name in _LISTS},
        "decision_id": decision.id or None,
        "task_id": task_id,
        "role": request.role,
        "risk": request.risk,
        "area": request.area,
        "stage": request.stage,
        "decided_at": at or datetime.now(UTC),
        # Field by field: this is on a run's way, and there may be dozens.
        "considered": [{k: _plain(v) for k, v in one} for one in decision.considered],
        "refused": dict(decision.refused),
        "request": {k: _plain(v) for k, v in request.model_dump(mode="json").items()},
    }


def outcome_row(outcome: Outcome, *, node: str | None = None) -> dict[str, Any]:
    """A row of `routing_outcomes`, for `Telemetry.record`; without a node, of the running one."""
    values = outcome.model_dump(exclude={"cost_usd", "duration_s", "at"})
    cost, took = outcome.cost_usd, outcome.duration_s
    return {
        **({} if node is None else {"node": node}),
        **values,
        "cost_amount": None if cost is None or not isfinite(cost) else f"{cost:.9f}",
        "duration_ms": None if took is None else 1000 * took,
        "judged_at": outcome.at,
    }


def read_decision(folder: Path, decision_id: str) -> Recorded:
    """One recorded decision, by its id or the beginning of it; of several under one id, the last.

    Blocks. Raises: InputError for one that is not recorded, is not recorded whole, or a beginning
    that several share.
    """
    with open_reading(folder) as reading:
        rows = _rows(reading, prefix=decision_id) if decision_id else []
        exact = [row for row in rows if row["decision_id"] == decision_id]
        rows = exact or rows
        ids = list(dict.fromkeys(row["decision_id"] for row in rows))
        if len(ids) > 1:
            shown = ", ".join(repr(one) for one in ids[:5])
            problem = f"begins {len(ids)} ids: {shown}"
            raise InputError("decision", decision_id, problem, "Write more of it.")
        if not ids:
            raise _unknown(reading, decision_id)
    try:
        return _recorded(rows[-1])
    except (ValidationError, ValueError, TypeError):
        problem = "was recorded by another version, without all that it was made of"
        raise InputError(
            "decision", decision_id, problem, "See `gatewright sql` for its columns."
        ) from None


def read_decisions(
    folder: Path,
    *,
    days: float | None = None,
    task_id: str | None = None,
    considered: bool = True,
) -> tuple[Recorded, ...]:
    """The recorded decisions of the last `days`, oldest first; of all tasks, or of one. Blocks.

    Those that no request was recorded of (of version 2 and before) are left out. Without
    `considered` that field stays empty, which is many times faster.
    """
    since = None if days is None else _utc() - timedelta(days=days)
    with open_reading(folder) as reading:
        rows = _rows(reading, since=since, task_id=task_id, whole=considered)
    return tuple(one for row in rows if (one := _whole(row)) is not None)


def read_outcomes(
    folder: Path, *, task_id: str | None = None, days: float | None = None
) -> tuple[Outcome, ...]:
    """The verdict of each decision that holds in the end, by the first verdict's time. Blocks."""
    since = None if days is None else _utc() - timedelta(days=days)
    with open_reading(folder) as reading:
        rows = reading.query("final_outcomes", since=since, task_id=task_id)
    found = (_outcome(row) for row in rows)
    return tuple(one for one in found if one is not None)


def _rows(
    reading: Reading,
    *,
    prefix: str | None = None,
    since: datetime | None = None,
    task_id: str | None = None,
    whole: bool = True,
) -> list[dict[str, Any]]:
    bounds = {"prefix": prefix, "since": since, "task_id": task_id}
    return reading.query("recorded_decisions", whole=whole, **bounds)


def _whole(row: Mapping[str, Any]) -> Recorded | None:
    """None for a row of another version."""
    try:
        return _recorded(row)
    except (ValidationError, ValueError, TypeError):
        return None


def _recorded(row: Mapping[str, Any]) -> Recorded:
    values: dict[str, Any] = {n: row[n] for n in _AS_THEY_ARE if row[n] is not None}
    values |= {name: row[name] or () for name in _LISTS}
    values["id"] = row["decision_id"] or ""
    values["considered"] = json.loads(row.get("considered") or "[]")
    values["refused"] = json.loads(row["refused"] or "{}")
    outcome = row["outcome"]
    return Recorded(
        request=RoutingRequest.model_validate_json(row["request"]),
        decision=Decision(**values),
        decided_at=row["decided_at"].replace(tzinfo=UTC),
        task_id=row["task_id"] or "",
        node=row["node"],
        trace_id=row["trace_id"],
        outcome=_outcome(outcome) if outcome["decision_id"] is not None else None,
    )


_OF_OUTCOME = ("decision_id", "role", "risk", "area", "stage", "model", "again", "kind", "passed")


def _outcome(row: Mapping[str, Any]) -> Outcome | None:
    """Of a row of `v_routing_outcomes`; None for one of another version."""
    cost, took = row["cost_amount"], row["duration_ms"]
    try:
        return Outcome(
            **{name: row[name] for name in _OF_OUTCOME},
            task_id=row["task_id"] or "",
            cost_usd=None if cost is None else float(cost),
            duration_s=None if took is None else took / 1000,
            at=row["judged_at"].replace(tzinfo=UTC),
        )
    except ValidationError:
        return None


def _unknown(reading: Reading, decision_id: str) -> InputError:
    problem = "is not recorded"
    if reading.unreadable:
        problem += f"; not readable: {'; '.join(reading.unreadable)}"
    fix = '`gatewright sql "SELECT decision_id, reason FROM v_routing_decisions"` lists them.'
    return InputError("decision", decision_id, problem, fix)


def _plain(value: Any) -> Any:
    """JSON has no infinity and no NaN: they are written as words, which pydantic reads back."""
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def _utc() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
