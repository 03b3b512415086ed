"""How a step stands in a picture: its colour and its words."""

from collections.abc import Mapping
from typing import NamedTuple

from gatewright.domain.plan_run import StepResult
from gatewright.plans.documents.document import PlanFile
from gatewright.plans.documents.graph_checks import order

Results = Mapping[str, StepResult | str]
"""What steps came to, or only their states."""


class Colours(NamedTuple):
    """Of a state; the text is readable on the fill."""

    fill: str
    line: str
    text: str


COLOURS = {
    "pending": Colours("#f4f4f5", "#a1a1aa", "#27272a"),
    "running": Colours("#dbeafe", "#2563eb", "#1e3a8a"),
    "succeeded": Colours("#dcfce7", "#16a34a", "#14532d"),
    "failed": Colours("#fee2e2", "#dc2626", "#7f1d1d"),
    "skipped": Colours("#fefce8", "#ca8a04", "#713f12"),
    "cancelled": Colours("#f3e8ff", "#9333ea", "#581c87"),
}


class Edge(NamedTuple):
    """A dependency, by the numbers of its steps."""

    before: int
    after: int


def state_of(step: str, results: Results) -> str:
    """One of the keys of `COLOURS`."""
    result = results.get(step, "pending")
    state = result if isinstance(result, str) else result.status
    return state if state in COLOURS else "pending"


def words_of(step: str, results: Results) -> str:
    """Its state and how long it took; nothing while it has neither."""
    result = results.get(step)
    if result is None:
        return ""
    if isinstance(result, str):
        return result
    state = "unchanged" if result.unchanged else result.status
    if result.duration_s is None or result.unchanged:
        return state
    return f"{state}, {duration(result.duration_s)}"


def duration(seconds: float) -> str:
    """`0.3 s`, `42 s`, `3 min 5 s`, `2 h 1 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def edges_of(plan: PlanFile) -> list[Edge]:
    """Each dependency once; those on steps that are not there are left out."""
    ids = {step.id: number for number, step in enumerate(plan.steps)}
    return [
        Edge(ids[one], number)
        for number, step in enumerate(plan.steps)
        for one in dict.fromkeys(step.depends_on)
        if one in ids and ids[one] != number
    ]


def levels_of(plan: PlanFile) -> list[int]:
    """Of each step how many steps come before it on the longest way; 0 in a cycle."""
    before: list[list[int]] = [[] for _ in plan.steps]
    for edge in edges_of(plan):
        before[edge.after].append(edge.before)
    levels = [0] * len(before)
    for number in order(before):
        levels[number] = max((levels[one] + 1 for one in before[number]), default=0)
    return levels
