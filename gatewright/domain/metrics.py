"""What one run took of the machine, as its result tells it."""

from gatewright.domain.findings import Frozen


class Spread(Frozen):
    """Of one metric over a run, in percent."""

    min: float
    avg: float
    max: float


class Violation(Frozen):
    """A threshold that samples went beyond."""

    metric: str
    """`cpu_percent`, `memory_percent`, `disk_percent` or `gpu_percent`."""
    limit: float
    count: int
    """Samples beyond it."""
    max: float


class RunMetrics(Frozen):
    """The hardware's side of one run, from its start to its end however it ended.

    The figures are the whole machine's while the run was under way, not the run's own share;
    what each node took itself stands in the sidecar's `node_runs`.
    """

    trace_id: str
    duration_seconds: float
    sample_count: int
    """With the samples at the run's start and end, which may be up to a second older than it."""
    sample_count_in_window: int
    """Those that were taken while the run was under way."""
    cpu_percent: Spread | None = None
    """None: not measured."""
    memory_percent: Spread | None = None
    disk_percent: Spread | None = None
    """How full the disk of Gatewright's home is."""
    gpu_percent: Spread | None = None
    """Of the busiest GPU at each moment; None where there is none."""
    threshold_violations: int = 0
    violations: tuple[Violation, ...] = ()
    concurrent_runs_max: int = 1
    """Runs under way in this process at a time, this one included."""
    dropped_events: int = 0
    lost_events: int = 0

    def said(self) -> str:
        """In a line, for a person."""
        spreads = (
            ("cpu", self.cpu_percent),
            ("memory", self.memory_percent),
            ("disk", self.disk_percent),
            ("gpu", self.gpu_percent),
        )
        shown = [f"{name} {_said(spread)}" for name, spread in spreads if spread is not None]
        samples = f"{self.sample_count} samples in {self.duration_seconds:.1f} s"
        return f"{', '.join(shown) or 'not measured'} ({samples})"


def _said(spread: Spread) -> str:
    return f"{spread.avg:.0f} % (at most {spread.max:.0f})"
