"""What goes wrong while runs are watched: it costs a figure, never a run."""

import logging
from contextlib import suppress

from gatewright.telemetry.queue import Losses

logger = logging.getLogger(__name__)


class Faults:
    """Told once, counted always; never raises."""

    def __init__(self, losses: Losses, *, who: str = "sampler") -> None:
        """`who` it is that fails, as it stands in `telemetry_health`."""
        self._losses = losses
        self._who = who
        self._told: set[str] = set()

    def note(self, what: str, error: BaseException) -> None:
        """`what` could not be had, because of `error`."""
        self._losses.error(f"{self._who}: {what}: {type(error).__name__}")
        if what in self._told:
            return
        self._told.add(what)
        # Whatever handlers the host's logging has: they may be what failed.
        with suppress(Exception):
            logger.warning(
                "telemetry goes on without the %s's %s (%s: %s), and so do all runs;"
                " further failures are only counted",
                self._who,
                what,
                type(error).__name__,
                error,
            )
