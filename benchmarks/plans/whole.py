"""Whole processes of ours: what a person waits for, and the memory that many steps need."""

import json
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.plans.contestants import Command, Task
from benchmarks.plans.environments import PeerUnavailable
from benchmarks.plans.mine import OURS, mine
from benchmarks.plans.shapes import plan_of, wide

MANY = 1100
_MB = 1024 * 1024
_CLI = "from gatewright.cli.main import main; main()"


def measure(
    folder: Path, steps: Sequence[int], *, program: str, at_a_time: int, rounds: int
) -> dict[str, Any]:
    """`many`: the command line on 1,100 steps, start-up and all, in seconds, `startup_s` of it;
    `memory`: by way and steps, MB of the engine before and at its most, and of its helpers."""
    found: dict[str, Any] = {"many": _many(folder, program, at_a_time, rounds)}
    found["memory"] = {
        way: {
            str(count): _memory(way, folder, count, program, at_a_time) for count in sorted(steps)
        }
        for way in OURS
    }
    return found


def _many(folder: Path, program: str, at_a_time: int, rounds: int) -> dict[str, Any]:
    env = {**os.environ, "GATEWRIGHT_HOME": str(folder / "cli-home")}
    try:
        command = Command("cli", _command_line, version="", folder=folder, env=env, program=program)
        task = Task(shape=wide(MANY), at_a_time=at_a_time, program=program, timeout_s=120)
        seconds = statistics.median(command.whole(task) for _ in range(rounds))
    except PeerUnavailable as error:
        return {"steps": MANY, "seconds": None, "reason": str(error)}
    return {"steps": MANY, "seconds": seconds, "startup_s": command.startup_s}


def _command_line(folder: Path, task: Task) -> list[str]:
    plan = plan_of(task.shape, program=task.program, at_a_time=task.at_a_time)
    (folder / "plan.json").write_text(json.dumps(plan), "utf-8")
    return [sys.executable, "-c", _CLI, "plan", "run", str(folder / "plan.json")]


def _memory(way: str, folder: Path, steps: int, program: str, at_a_time: int) -> dict[str, Any]:
    print(f"  memory {steps}: {way}", file=sys.stderr)
    try:
        worker = mine(way, folder / f"memory-{steps}")
    except PeerUnavailable as error:
        return {"reason": str(error)}
    try:
        worker.seconds(Task(shape=wide(steps), at_a_time=at_a_time, program=program))
        told = worker.last
    except PeerUnavailable as error:
        return {"reason": str(error)}
    finally:
        worker.close()
    return {
        "before_mb": told["rss_before"] / _MB,
        "peak_mb": told["rss_peak"] / _MB,
        "helpers_mb": told["helpers_pss"] / _MB,
    }
