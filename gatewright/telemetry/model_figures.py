"""How well each model does, at what price and how fast; what changed lately; whose circuit is open.

Counted from the verdicts that hold in the end, as the router's own history is.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from gatewright.domain.findings import Frozen
from gatewright.domain.intervals import difference, wilson
from gatewright.telemetry.reader import Reading, open_reading

LATELY_DAYS = 7
"""What happened in so many days is held against what was before."""


class Success(Frozen):
    """How many attempts passed."""

    passed: int
    failed: int
    rate: float | None = None
    """The share that passed; None: there were none."""
    low: float | None = None
    """Wilson's interval of 95 % around `rate`."""
    high: float | None = None

    @classmethod
    def of(cls, passed: int, failed: int) -> Self:
        """Its rate and interval are computed."""
        total = passed + failed
        if not total:
            return cls(passed=0, failed=0)
        low, high = wilson(passed, failed)
        return cls(passed=passed, failed=failed, rate=passed / total, low=low, high=high)


class ArmFigures(Frozen):
    """One model in one role, over all risks and areas, or in one of them."""

    role: str
    risk: str | None
    """None: all risks and areas together."""
    area: str | None
    """None: all areas of the risk together; empty: tasks that name none."""
    model: str
    first: Success
    """Of first attempts."""
    later: Success
    """Of attempts after a failure: at harder tasks, and so lower."""
    usd: float | None
    """Mean cost of an attempt whose price is known; None: of none."""
    total_usd: float
    """Of the attempts whose price is known."""
    unpriced: int
    """Attempts that are in neither."""
    p50_s: float | None
    """Of the whole attempt."""
    p95_s: float | None
    audited: int
    """Accepted by the gate, and then judged by a person or a revert."""
    false_accepts: int
    """Of the audited: how many were bad after all."""
    last_at: datetime
    """UTC; the last verdict."""


class Change(Frozen):
    """First attempts of one model in one role, lately and before."""

    role: str
    model: str
    before: Success
    lately: Success
    low: float
    """Newcombe's interval of 95 % of the rate lately less the rate before."""
    high: float
    changed: bool
    """Whether that interval leaves out 0: of twenty that did not change, one may seem to have."""
    usd_before: float | None
    """Mean cost of a first attempt."""
    usd_lately: float | None
    p50_s_before: float | None
    p50_s_lately: float | None


class CircuitSeen(Frozen):
    """The last that was heard of a model's circuit breaker, from whichever process."""

    model: str
    at: datetime
    """UTC."""
    message: str
    state: str | None
    """closed | open | half-open; None: its message does not say."""


class ModelFigures(Frozen):
    """What `gatewright models` shows."""

    days: float | None
    """How far back `arms` and `changes` look; None: to the beginning."""
    lately_days: float
    arms: tuple[ArmFigures, ...]
    """Ordered by role; of each: over all risks, then by risk, then by area."""
    changes: tuple[Change, ...]
    """Of models that were asked both lately and before; first what changed most."""
    circuits: tuple[CircuitSeen, ...]
    unreadable_files: tuple[str, ...]


def model_figures(
    folder: Path,
    *,
    days: float | None = 30,
    lately_days: float = LATELY_DAYS,
    role: str | None = None,
) -> ModelFigures:
    """Of decisions whose first verdict came in the last `days`; of all roles, or of one. Blocks."""
    now = datetime.now(UTC).replace(tzinfo=None)
    since = None if days is None else now - timedelta(days=days)
    lately = now - timedelta(days=lately_days)
    with open_reading(folder) as reading:
        arms = reading.query("model_success", since=since, role=role)
        changes = reading.query("model_changes", since=since, lately=lately, role=role)
        found = [_change(row) for row in changes]
        return ModelFigures(
            days=days,
            lately_days=lately_days,
            arms=tuple(_arm(row) for row in arms),
            changes=tuple(sorted(found, key=_by_change)),
            circuits=_circuits(reading),
            unreadable_files=reading.unreadable,
        )


def last_circuits(folder: Path, *, patience_s: float = 3.0) -> tuple[CircuitSeen, ...]:
    """The last change of every model's circuit, the latest first. Blocks."""
    with open_reading(folder, patience_s=patience_s) as reading:
        return _circuits(reading)


def _circuits(reading: Reading) -> tuple[CircuitSeen, ...]:
    return tuple(
        CircuitSeen(
            model=row["model"],
            at=row["ts"].replace(tzinfo=UTC),
            message=row["message"] or "",
            state=row["state"],
        )
        for row in reading.query("last_circuits")
    )


_SAME = ("role", "risk", "area", "model", "unpriced", "p50_s", "p95_s", "audited", "false_accepts")


def _arm(row: Mapping[str, Any]) -> ArmFigures:
    return ArmFigures(
        **{name: row[name] for name in _SAME},
        first=Success.of(row["first_passed"], row["first_failed"]),
        later=Success.of(row["later_passed"], row["later_failed"]),
        usd=_float(row["usd"]),
        total_usd=float(row["total_usd"]),
        last_at=row["last_at"].replace(tzinfo=UTC),
    )


def _change(row: Mapping[str, Any]) -> Change:
    before = Success.of(row["passed_before"], row["failed_before"])
    lately = Success.of(row["passed_lately"], row["failed_lately"])
    low, high = difference(lately.passed, lately.failed, (before.passed, before.failed))
    return Change(
        role=row["role"],
        model=row["model"],
        before=before,
        lately=lately,
        low=low,
        high=high,
        changed=low > 0 or high < 0,
        usd_before=_float(row["usd_before"]),
        usd_lately=_float(row["usd_lately"]),
        p50_s_before=row["p50_s_before"],
        p50_s_lately=row["p50_s_lately"],
    )


def _by_change(change: Change) -> tuple[bool, float, str, str]:
    apart = abs((change.lately.rate or 0.0) - (change.before.rate or 0.0))
    return not change.changed, -apart, change.role, change.model


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
