"""How many seeded bugs the repair engine mends, how well, and how fast, in the real sandbox.

`python -m benchmarks.repair --json [--half dev|held|all] [--seconds S]`; the last line is one JSON
object. Exact: the original is back. Correct: the tests that the engine has not seen pass as well.
Overfit: they do not. The half `held` is not to be looked at while the engine is tuned.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.repair.measure import Outcome, Setting, measure
from benchmarks.repair.report import line, report, table
from benchmarks.repair.seeded import Bug, read_bugs
from gatewright.workspace.sandbox.choose import choose
from gatewright.workspace.toolchain import find_toolchain


def main() -> None:
    """Read the options, measure, print; Ctrl-C prints what is known by then."""
    options = _options()
    bugs = chosen(read_bugs(), options)
    outcomes: list[Outcome] = []
    extra: dict[str, object] = {"sandbox": None, "interrupted": False}

    def done(outcome: Outcome) -> None:
        outcomes.append(outcome)
        print(line(outcome, len(outcomes), len(bugs)), file=sys.stderr, flush=True)

    started = time.monotonic()
    try:
        extra["sandbox"] = asyncio.run(_measure(bugs, options, done))
    except KeyboardInterrupt:
        extra["interrupted"] = True
    print(table(outcomes, markdown=options.markdown))
    figures = {
        "benchmark": "repair",
        "half": options.half,
        "max_seconds": options.seconds,
        "seconds_beyond_limit": round(
            max((outcome.seconds - options.seconds for outcome in outcomes), default=0.0), 2
        ),
        "wall_seconds": round(time.monotonic() - started, 1),
        **report(outcomes),
        **extra,
    }
    if options.json:
        print(json.dumps(figures))


def chosen(bugs: tuple[Bug, ...], options: argparse.Namespace) -> tuple[Bug, ...]:
    """Those that the options name. Raises: SystemExit for an id that is none."""
    unknown = set(options.only) - {bug.id for bug in bugs}
    if unknown:
        raise SystemExit(f"no such bug: {sorted(unknown)!r}; the ids are in bugs.toml")
    some = [
        bug
        for bug in bugs
        if options.half in ("all", bug.half) and (not options.only or bug.id in options.only)
    ]
    return tuple(some[: options.count])


async def _measure(
    bugs: tuple[Bug, ...], options: argparse.Namespace, done: Callable[[Outcome], None]
) -> str:
    with tempfile.TemporaryDirectory(prefix="gatewright-bench-") as name:
        folder = Path(name)
        tools = await asyncio.to_thread(find_toolchain, folder, cache=folder / "environments")
        runner, _ = await choose("auto", scratch=folder / "scratch")
        setting = Setting(runner=runner, tools=tools, max_seconds=options.seconds, folder=folder)
        await measure(bugs, setting, jobs=options.jobs, done=done)
        return runner.label


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.repair", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the figures as the last line")
    parser.add_argument("--markdown", action="store_true", help="the table for the docs")
    parser.add_argument("--half", choices=("dev", "held", "all"), default="all")
    parser.add_argument("--count", type=int, default=None, help="how many of the bugs")
    parser.add_argument("--seconds", type=float, default=60.0, help="at most, for one bug")
    parser.add_argument("--only", nargs="+", default=[], metavar="ID", help="these bugs")
    parser.add_argument("--jobs", type=int, default=1, help="bugs at a time; 1 for fair times")
    return parser.parse_args()


if __name__ == "__main__":
    main()
