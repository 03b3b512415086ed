"""What the repair engine found, for a terminal and as JSON."""

from typing import Any

from rich.console import Console

from gatewright.domain.plain import plain
from gatewright.standalone import Mended


def print_mended(found: Mended) -> None:
    """The diff on stdout; what it is and how it was found on stderr, so that the diff can be
    piped into `git apply`."""
    out, err = Console(highlight=False), Console(stderr=True, highlight=False)
    out.print(plain(found.diff), markup=False, soft_wrap=True, end="")
    repair = found.repair
    err.print(plain(repair.why), markup=False, soft_wrap=True)
    for test in repair.failing_before:
        mark = "now passes" if repair.changes is not None else "still fails"
        err.print(plain(f"  {mark}: {test}"), markup=False, soft_wrap=True)
    for other in repair.alternatives:
        differs = f"{other.call} gives {other.gives}, not {other.chosen_gives}"
        err.print(plain(f"  also passes: {other.title}; {differs}"), markup=False)
    rate = repair.tried / repair.seconds if repair.seconds else 0.0
    err.print(
        f"  {repair.tried} candidates in {repair.seconds:.1f} s ({rate:.0f} a second; "
        f"{found.sandbox}; {found.environment})",
        style="dim",
        markup=False,
        soft_wrap=True,
    )
    if found.applied:
        err.print("The change was written to the files.")
    elif repair.changes is not None:
        err.print("Nothing was changed; --apply writes it.")


def mended_json(found: Mended) -> dict[str, Any]:
    """Every field, as JSON."""
    repair = found.repair
    return {
        "found": repair.changes is not None,
        "applied": found.applied,
        "why": repair.why,
        "title": repair.title,
        "diff": found.diff,
        "failing_before": list(repair.failing_before),
        "tried": repair.tried,
        "candidates": repair.candidates,
        "survivors": repair.survivors,
        "seconds": round(repair.seconds, 3),
        "alternatives": [
            {
                "title": other.title,
                "call": other.call,
                "gives": other.gives,
                "chosen_gives": other.chosen_gives,
            }
            for other in repair.alternatives
        ],
        "sandbox": found.sandbox,
        "environment": found.environment,
    }
