"""Decisions and verdicts, and folders that hold them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from gatewright.domain.decision import Considered, Decision, RoutingRequest
from gatewright.domain.outcome import Outcome
from gatewright.telemetry.decisions import outcome_row
from gatewright.telemetry.migrations import migrate
from gatewright.telemetry.sidecar import Sidecar

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def outcome(decision_id: str = "t1:1", kind: Any = "gate", **more: Any) -> Outcome:
    who: dict[str, Any] = {"role": "implementer", "risk": "low", "area": "core", "model": "a/b"}
    what = {"passed": True, "cost_usd": 0.25, "duration_s": 3.0, "at": NOON}
    given = {"decision_id": decision_id, "task_id": "t1", "kind": kind}
    return Outcome.model_validate({**given, **who, **what, **more})


def request(**more: Any) -> RoutingRequest:
    return RoutingRequest.model_validate(
        {"role": "implementer", "risk": "low", "area": "core", **more}
    )


def decision(id: str = "t1:1", **more: Any) -> Decision:  # noqa: A002  as the field is called
    weighed = Considered(
        model="a/b", stage=0, passed=3, failed=1, alpha=4.2, beta=2.2, chance=0.6, usd=0.04
    )
    given = {"id": id, "model": "a/b", "candidates": ("a/b", "c/d"), "reason": "the cheapest"}
    plan = {"policy_version": "plan-1", "plan": ("a/b", "c/d"), "considered": (weighed,)}
    return Decision.model_validate(
        {**given, **plan, "best_model": "c/d", "best_usd": 0.5, "seed": "t1:1:0", **more}
    )


def write(folder: Path, *outcomes: Outcome) -> None:
    """As a process would have, that has ended since."""
    with Sidecar(folder) as sidecar:
        for one in outcomes:
            sidecar.record("routing_outcomes", outcome_row(one))
        assert sidecar.flush()
        assert sidecar.losses.gone() == 0


def fill(folder: Path, select: str) -> None:
    """Verdicts as a query gives them."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(folder / "telemetry.duckdb") as connection:
        migrate(connection)
        connection.execute(f"INSERT INTO routing_outcomes BY NAME {select}").fetchall()
