"""What the sidecar looks at while runs are under way, as its settings say."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """How often the machine is looked at, and what is too much."""

    interval_s: float = 5.0
    """Between two samples, from 0.1 to 60."""
    include_gpu: bool = True
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """By metric (`cpu_percent`, `memory_percent`, `disk_percent`, `gpu_percent`), in percent."""
