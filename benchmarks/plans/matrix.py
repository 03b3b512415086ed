"""All contestants on all shapes, in turns, so that the machine's moods fall on all alike."""

import statistics
import sys
from collections.abc import Collection, Sequence
from typing import Any

from benchmarks.plans.contestants import Contestant, Task, Worker
from benchmarks.plans.environments import PeerUnavailable
from benchmarks.plans.shapes import make


class Matrix:
    """What each contestant took for each shape and size.

    The first contestant is the floor, and every ratio is the median of the ratios to the floor of
    the same round. Who is expected to take more than `budget_s` for a run is left out, with a word;
    who has taken more than that in some rounds is asked no more.
    """

    def __init__(
        self,
        contestants: Sequence[Contestant],
        *,
        program: str,
        at_a_time: int,
        budget_s: float,
        kept: Collection[str] = (),
    ) -> None:
        """`kept` are measured whatever they take."""
        self._contestants, self._kept = contestants, kept
        self._program, self._at_a_time, self._budget_s = program, at_a_time, budget_s
        self._per_step: dict[tuple[str, str], float] = {}
        self._words: dict[tuple[str, str], str] = {}
        self._cpu_s: dict[tuple[str, str, int], list[float]] = {}

    def measure(self, shape: str, steps: int, *, rounds: int) -> dict[str, dict[str, Any]]:
        """By contestant: ms, least_ms, ratio, rounds; or the reason why it has none. Of ours also
        own_cpu_ms: of the engine's process, without its helpers and the steps."""
        made = make(shape, steps)
        task = Task(
            shape=made,
            at_a_time=self._at_a_time,
            program=self._program,
            timeout_s=max(self._budget_s * 4, 60.0),
        )
        took: dict[str, list[float]] = {one.name: [] for one in self._contestants}
        ratios: dict[str, list[float]] = {one.name: [] for one in self._contestants}
        floor, *others = self._contestants
        for index in range(rounds):
            least = floor.seconds(task)
            took[floor.name].append(least)
            shift = index % max(len(others), 1)
            for one in [*others[shift:], *others[:shift]]:
                if self._is_out(one, shape, steps, sum(took[one.name])):
                    continue
                seconds = self._ask(one, task)
                if seconds is not None:
                    took[one.name].append(seconds)
                    ratios[one.name].append(seconds / least)
        return {
            one.name: self._told(one.name, shape, took[one.name], ratios[one.name], steps)
            for one in self._contestants
        }

    def _is_out(self, one: Contestant, shape: str, steps: int, taken_s: float) -> bool:
        key = (one.name, shape)
        expected = self._per_step.get(key, 0.0) * steps
        if one.name in self._kept:
            return key in self._words
        if taken_s == 0 and expected > self._budget_s:
            self._words[key] = f"about {expected:.0f} s, more than the budget of {self._budget_s:g}"
        return key in self._words or taken_s > self._budget_s

    def _ask(self, one: Contestant, task: Task) -> float | None:
        steps = len(task.shape.works)
        print(f"  {task.shape.name} {steps}: {one.name}", file=sys.stderr)
        try:
            seconds = one.seconds(task)
        except PeerUnavailable as error:
            self._words[one.name, task.shape.name] = str(error)
            return None
        self._per_step[one.name, task.shape.name] = seconds / steps
        if isinstance(one, Worker) and (used := one.last.get("cpu_s")) is not None:
            self._cpu_s.setdefault((one.name, task.shape.name, steps), []).append(used)
        return seconds

    def _told(
        self, name: str, shape: str, took: list[float], ratios: list[float], steps: int
    ) -> dict[str, Any]:
        if not took:
            return {"ms": None, "reason": self._words.get((name, shape), "not asked")}
        ms = [seconds / steps * 1e3 for seconds in took]
        used = self._cpu_s.get((name, shape, steps))
        cpu = {"own_cpu_ms": statistics.median(used) / steps * 1e3} if used else {}
        return cpu | {
            "ms": statistics.median(ms),
            "least_ms": min(ms),
            "ratio": statistics.median(ratios) if ratios else 1.0,
            "rounds": len(ms),
        }
