"""How many one-place bugs the repair engine fixes, and how fast, in the real sandbox.

`python -m benchmarks.repair --json [--count N] [--seconds S]`; the last line is one JSON object.
Fixed exactly: the original text is back. Plausibly: all tests pass with another text.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.repair_programs import BUGS, PROGRAMS, Bug
from gatewright.domain.ports import Runner, Toolchain
from gatewright.repair.engine import Problem, Repair, repair
from gatewright.workspace.sandbox.choose import choose
from gatewright.workspace.toolchain import own_toolchain


class Outcome(NamedTuple):
    """What became of one bug."""

    bug: Bug
    verdict: str
    """`exact`, `plausible` or `none`."""
    found: Repair


async def measure(bugs: tuple[Bug, ...], *, max_seconds: float, say: Callable[[str], None]) -> Any:
    """Run the engine on each bug, one after the other."""
    tools = await asyncio.to_thread(own_toolchain)
    with tempfile.TemporaryDirectory(prefix="gatewright-bench-") as folder:
        runner, _ = await choose("auto", scratch=Path(folder) / "scratch")
        outcomes = []
        started = time.monotonic()
        for number, bug in enumerate(bugs):
            root = Path(folder) / str(number)
            outcome = await _one(bug, root, tools, runner, max_seconds)
            outcomes.append(outcome)
            found = outcome.found
            say(
                f"{bug.program:7} {bug.kind:11} {outcome.verdict:9} {found.seconds:5.1f} s "
                f"{found.tried:4} tried  {found.title or found.why}"
            )
        return _summary(outcomes, runner.label, time.monotonic() - started)


async def _one(
    bug: Bug, root: Path, tools: Toolchain, runner: Runner, max_seconds: float
) -> Outcome:
    wrong = await asyncio.to_thread(_write, bug, root)
    problem = Problem(
        root=root,
        tests=(),
        python=tools.python,
        readable=tools.readable,
        max_seconds=max_seconds,
        max_candidates=400,
    )
    found = await repair(problem, runner.run, lambda tried, total, what: None)
    return Outcome(bug, _verdict(bug, wrong, found), found)


def _write(bug: Bug, root: Path) -> str:
    """Make the project with the bug in it. Raises: ValueError for a bug that is nowhere."""
    program = PROGRAMS[bug.program]
    if program.code.count(bug.right) != 1:
        raise ValueError(f"{bug.right!r} is not once in {bug.program!r}; correct the list of bugs")
    wrong = program.code.replace(bug.right, bug.wrong)
    tests = f"from {bug.program} import *\n"
    for number, check in enumerate(program.checks):
        tests += f"\n\ndef test_{number}():\n    assert {check}\n"
    root.mkdir(parents=True)
    (root / f"{bug.program}.py").write_text(wrong)
    (root / f"test_{bug.program}.py").write_text(tests)
    return wrong


def _verdict(bug: Bug, wrong: str, found: Repair) -> str:
    if found.changes is None:
        return "none"
    after = wrong
    for edit in found.changes.edits:
        if edit.op == "replace":
            for block in edit.blocks:
                after = after.replace(block.search, block.replace)
    return "exact" if after == PROGRAMS[bug.program].code else "plausible"


def _summary(outcomes: list[Outcome], sandbox: str, seconds: float) -> dict[str, Any]:
    verdicts = Counter(outcome.verdict for outcome in outcomes)
    kinds: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        kinds.setdefault(outcome.bug.kind, Counter())[outcome.verdict] += 1
    each = [outcome.found.seconds for outcome in outcomes]
    tried = [outcome.found.tried for outcome in outcomes]
    return {
        "benchmark": "repair",
        "projects": len(outcomes),
        "exact": verdicts["exact"],
        "plausible": verdicts["plausible"],
        "none": verdicts["none"],
        "fixed_ratio": round((verdicts["exact"] + verdicts["plausible"]) / len(outcomes), 3),
        "by_kind": {kind: dict(counts) for kind, counts in sorted(kinds.items())},
        "seconds": round(seconds, 2),
        "seconds_median": round(statistics.median(each), 2),
        "seconds_max": round(max(each), 2),
        "tried_median": statistics.median(tried),
        "candidates_per_second": round(sum(tried) / max(seconds, 0.001), 1),
        "sandbox": sandbox,
        "python": sys.version.split()[0],
    }


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the last line, one JSON object")
    parser.add_argument("--count", type=int, default=len(BUGS), help="how many of the bugs")
    parser.add_argument("--seconds", type=float, default=60.0, help="at most, for one bug")
    options = parser.parse_args()
    say: Callable[[str], None] = (lambda line: None) if options.json else print
    bugs = BUGS[: max(1, options.count)]
    print(json.dumps(asyncio.run(measure(bugs, max_seconds=options.seconds, say=say))))


if __name__ == "__main__":
    main()
