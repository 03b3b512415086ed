"""What was measured, as a table by kind, a Markdown table and one JSON object."""

import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.repair.measure import Outcome
from benchmarks.repair.seeded import BEYOND

COLUMNS = ("kind", "bugs", "fixed", "held-out", "identical", "wrong", "median s", "max s")
FIGURES = (
    *("bugs", "fixed", "correct_on_held_out", "identical", "wrong"),
    *("seconds_median", "seconds_max"),
)
"""What stands in the columns behind the kind."""
SHOWN = ("exact", "correct", "overfit", "none")


def line(outcome: Outcome, number: int, total: int) -> str:
    """What became of one bug, for people who watch."""
    return (
        f"{number:3}/{total} {outcome.verdict:7} {outcome.bug.kind:10} {outcome.bug.id:38} "
        f"{outcome.seconds:5.1f} s {outcome.found.tried:5} tried  {outcome.note[:110]}"
    )


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Figures of some bugs; the ratios are None where there is nothing to divide by."""
    count = {name: sum(o.verdict == name for o in outcomes) for name in SHOWN}
    fixed = len(outcomes) - count["none"]
    seconds = [outcome.seconds for outcome in outcomes]
    tried = sum(outcome.found.tried for outcome in outcomes)
    return {
        "bugs": len(outcomes),
        "fixed": fixed,
        "correct_on_held_out": count["exact"] + count["correct"],
        "identical": count["exact"],
        "wrong": count["overfit"],
        "fixed_ratio": _ratio(fixed, len(outcomes)),
        "wrong_share": _ratio(count["overfit"], fixed),
        "seconds_median": round(statistics.median(seconds), 1) if seconds else None,
        "seconds_max": round(max(seconds), 1) if seconds else None,
        "tried": tried,
        "candidates_per_second": _ratio(tried, sum(seconds)),
    }


def report(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """All figures: the totals within reach, those beyond it, by kind, and what was not fixed."""
    reach, beyond = _parted(outcomes)
    return {
        **summary(reach),
        "beyond_reach": summary(beyond),
        "by_kind": {kind: summary(some) for kind, some in _by_kind(outcomes)},
        "not_fixed": sorted(o.bug.id for o in reach if o.verdict == "none"),
        "overfit": sorted(o.bug.id for o in reach if o.verdict == "overfit"),
        "python": sys.version.split()[0],
    }


def table(outcomes: Sequence[Outcome], *, markdown: bool) -> str:
    """A row a kind, then the totals, then where the failures were."""
    reach, beyond = _parted(outcomes)
    rows = [_row(kind, some) for kind, some in _by_kind(reach)]
    rows.append(_row("all within reach", reach))
    if beyond:
        rows.append(_row("beyond reach", beyond))
    if markdown:
        lines = ["| " + " | ".join(row) + " |" for row in [COLUMNS, *rows]]
        lines.insert(1, "|" + "---|" * len(COLUMNS))
        return "\n".join(lines)
    widths = [max(len(row[place]) for row in [COLUMNS, *rows]) for place in range(len(COLUMNS))]
    lines = [_aligned(row, widths) for row in [COLUMNS, *rows]]
    for name, verdict in (("not fixed", "none"), ("wrong on held-out tests", "overfit")):
        ids = ", ".join(sorted(o.bug.id for o in reach if o.verdict == verdict))
        lines.append(f"{name}: {ids or 'nothing'}")
    return "\n".join(lines)


def _row(name: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    known = summary(outcomes)
    return (name, *("-" if known[key] is None else str(known[key]) for key in FIGURES))


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first = row[0].ljust(widths[0])
    return "  ".join([first, *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])


def _parted(outcomes: Sequence[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    """Those within reach, and those beyond it."""
    beyond = [outcome for outcome in outcomes if outcome.bug.kind == BEYOND]
    return [outcome for outcome in outcomes if outcome.bug.kind != BEYOND], beyond


def _by_kind(outcomes: Iterable[Outcome]) -> list[tuple[str, list[Outcome]]]:
    kinds: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome.bug.kind].append(outcome)
    return sorted(kinds.items())


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None
