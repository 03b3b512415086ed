"""What a run took of the machine, as columns of `runs` and as an event for operators."""

import logging
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import structlog

from gatewright.domain.metrics import RunMetrics, Spread
from gatewright.logs import logger

EVENT = "request_metrics_summary"
_LOGGER = "gatewright.telemetry"


def columns(metrics: RunMetrics, *, interval_s: float) -> dict[str, Any]:
    """Of `runs`."""
    found: dict[str, Any] = {
        "interval_s": interval_s,
        "sample_count": metrics.sample_count,
        "sample_count_in_window": metrics.sample_count_in_window,
        "threshold_violations": metrics.threshold_violations,
        "violations": [violation.model_dump() for violation in metrics.violations],
        "concurrent_runs_max": metrics.concurrent_runs_max,
    }
    for name, spread in _spreads(metrics):
        short = "mem" if name == "memory" else name
        found[f"{short}_pct_min"] = spread.min
        found[f"{short}_pct_avg"] = spread.avg
        found[f"{short}_pct_max"] = spread.max
    return found


def tell(metrics: RunMetrics, ids: Mapping[str, Any]) -> None:
    """Log the event, with the run's ids bound."""
    if not logging.getLogger(_LOGGER).isEnabledFor(logging.INFO):
        return
    figures: dict[str, Any] = {
        "duration_seconds": round(metrics.duration_seconds, 3),
        "sample_count": metrics.sample_count,
    }
    for name, spread in _spreads(metrics):
        figures[f"{name}_min"] = round(spread.min, 1)
        figures[f"{name}_avg"] = round(spread.avg, 1)
        figures[f"{name}_max"] = round(spread.max, 1)
    _log().bind(**{name: value for name, value in ids.items() if value is not None}).info(
        EVENT,
        **figures,
        threshold_violations=metrics.threshold_violations,
        dropped_events=metrics.dropped_events,
        lost_events=metrics.lost_events,
    )


@cache
def service_version() -> str | None:
    """Gatewright's own; None where it is not installed. Reads a file the first time."""
    try:
        return version("gatewright")
    except PackageNotFoundError:
        return None


@cache
def _log() -> structlog.stdlib.BoundLogger:
    return logger(_LOGGER)


def _spreads(metrics: RunMetrics) -> list[tuple[str, Spread]]:
    every = {
        "cpu": metrics.cpu_percent,
        "memory": metrics.memory_percent,
        "disk": metrics.disk_percent,
        "gpu": metrics.gpu_percent,
    }
    return [(name, spread) for name, spread in every.items() if spread is not None]
