"""Our engine as contestants."""

import os
import sys
from pathlib import Path

from benchmarks.plans.contestants import Worker

OURS = {"memory": "ours", "durable": "ours", "graph": "service"}
"""The module of each way: without the run store and the events on disk, with them, and with all
that a user gets: the graph, its checkpoints, telemetry."""


def name_of(way: str) -> str:
    """Of the contestant."""
    return f"ours_{way}"


def mine(way: str, folder: Path) -> Worker:
    """A worker of `ours`. Raises: PeerUnavailable when it does not begin."""
    name = name_of(way)
    argv = [sys.executable, "-m", f"benchmarks.plans.{OURS[way]}", way, str(folder / name)]
    worker = Worker(name, argv, env={**os.environ, "GATEWRIGHT_HOME": str(folder / "home")})
    worker.version = "here"
    return worker
