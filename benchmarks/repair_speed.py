"""How many candidates a second the repair engine's workers judge.

`python -m benchmarks.repair_speed --json [--count N]`; the last line is one JSON object.
The project's suite takes about 20 ms of its own time; one test of it fails. The candidates are the
engine's own edits of one function, nearly all of them wrong; start-up is counted.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import textwrap
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gatewright.repair.inquiry import Driver, Observation, Verdicts
from gatewright.repair.localise import localise
from gatewright.repair.mutate import candidates
from gatewright.repair.patch import Patch, single
from gatewright.workspace.sandbox.choose import choose
from gatewright.workspace.toolchain import find_toolchain

MOST_SECONDS = 600.0
TEST_S = 5.0
STEADY_START = 0.2
"""Of the candidates: those judged before the workers are warm are left out of the second figure."""

MODULE = textwrap.dedent('''\
    """Tides: high and low water of a long row of levels."""


    def tides(levels, least=2, width=3):
        """(place, level, kind) of each turn that differs from the last one by at least so much."""
        turns = []
        last = levels[0] if levels else 0
        rising = None
        for place in range(1, len(levels) - 1):
            before = levels[max(0, place - width) : place]
            after = levels[place + 1 : place + 1 + width]
            level = levels[place]
            high = level >= max(before) and level > max(after)
            low = level <= min(before) and level < min(after)
            if high and rising is not True and abs(level - last) > least:
                turns.append((place, level, "high"))
                last = level
                rising = True
            elif low and rising is not False and abs(level - last) >= least:
                turns.append((place, level, "low"))
                last = level
                rising = False
        total = sum(level for _, level, _ in turns)
        mean = total // len(turns) if turns else 0
        spread = max((abs(level - mean) for _, level, _ in turns), default=0)
        count = len(turns)
        if count > 1 and spread < least:
            turns = turns[:1]
        return turns
''')
"""The one mistake is `> least` for `>= least` where the water is high."""

TESTS = textwrap.dedent("""\
    import math

    from tides import tides

    LONG = [round(40 * math.sin(n / 9) + 9 * math.sin(n / 2)) for n in range(1500)]


    def test_nothing():
        assert tides([]) == []
        assert tides([5]) == []


    def test_flat():
        assert tides([3] * 50) == []


    def test_one_wave():
        assert tides([0, 3, 6, 3, 0, 3]) == [(2, 6, "high"), (4, 0, "low")]


    def test_small_waves_are_left_out():
        assert tides([5, 6, 5, 4, 5, 6, 5], least=4) == []


    def test_kinds_take_turns():
        kinds = [kind for _, _, kind in tides(LONG)]
        assert all(a != b for a, b in zip(kinds, kinds[1:]))
        assert len(kinds) > 30


    def test_differences_are_large():
        levels = [level for _, level, _ in tides(LONG, least=5)]
        assert all(abs(a - b) >= 5 for a, b in zip(levels, levels[1:]))


    def test_wide_windows():
        assert len(tides(LONG, width=12)) <= len(tides(LONG, width=3))
        assert tides(LONG, width=12)


    def test_exactly_the_least():
        assert len(tides(LONG, width=6)) > 20
        assert tides([1, 2, 3, 2, 1, 0]) == [(2, 3, "high")]
        assert tides([0, 1, 3, 5, 7, 5, 3], least=7) == [(4, 7, "high")]
""")


async def measure(count: int) -> dict[str, Any]:
    """Observe once, then judge so many candidates; seconds are wall-clock."""
    with tempfile.TemporaryDirectory(prefix="gatewright-speed-") as name:
        root = Path(name) / "project"
        cache = Path(name) / "environments"
        tools = await asyncio.to_thread(find_toolchain, root, cache=cache)
        await asyncio.to_thread(_write, root)
        runner, _ = await choose("auto", scratch=Path(name) / "scratch")
        driver = Driver(
            run=runner.run,
            root=root,
            python=tools.python,
            readable=tools.readable,
            roots=(),
            targets=(),
            until=time.monotonic() + MOST_SECONDS,
            test_s=TEST_S,
        )
        files = {"tides.py": MODULE.encode()}
        started = time.monotonic()
        seen = await driver.observe()
        observed = time.monotonic() - started
        batch = _batch(seen, files, count)
        first = await _timed(driver, seen, batch[: max(1, round(len(batch) * STEADY_START))], files)
        whole = await _timed(driver, seen, batch, files)
        return _figures(seen, observed, first, whole, runner.label)


def _write(root: Path) -> None:
    root.mkdir(parents=True)
    (root / "tides.py").write_text(MODULE)
    (root / "test_tides.py").write_text(TESTS)


def _batch(seen: Observation, files: dict[str, bytes], count: int) -> list[Patch]:
    """The likeliest edits first, again from the start when there are fewer than asked for."""
    scores = localise(seen.spectrum, all_failing=len(seen.failing))
    some = [single(candidate) for candidate in candidates(files, scores, leave=("test_tides.py",))]
    if not some:
        raise SystemExit("the engine proposes no candidates; look at gatewright/repair/mutate.py")
    return [some[number % len(some)] for number in range(count)]


class Run:
    """A batch that was judged, and the time it took."""

    def __init__(self, verdicts: Verdicts, seconds: float) -> None:
        self.kinds = Counter(verdicts.verdicts.values())
        self.judged = len(verdicts.verdicts)
        self.seconds = seconds


async def _timed(
    driver: Driver, seen: Observation, batch: Sequence[Patch], files: dict[str, bytes]
) -> Run:
    started = time.monotonic()
    verdicts = await driver.attempt(seen, batch, files, more=len(batch), seconds=MOST_SECONDS)
    return Run(verdicts, time.monotonic() - started)


def _figures(
    seen: Observation, observed: float, first: Run, whole: Run, sandbox: str
) -> dict[str, Any]:
    between = max(1e-6, whole.seconds - first.seconds)
    return {
        "benchmark": "repair_speed",
        "candidates": whole.judged,
        "candidates_per_second": round(whole.judged / whole.seconds, 1),
        "candidates_per_second_without_start_up": round((whole.judged - first.judged) / between, 1),
        "seconds": round(whole.seconds, 2),
        "observe_seconds": round(observed, 2),
        "suite_ms_traced": round(1000 * sum(seconds for _, seconds in seen.tests.values()), 1),
        "tests": len(seen.tests),
        "failing": len(seen.failing),
        "verdicts": dict(sorted(whole.kinds.items())),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(os.getloadavg()[0], 1),
        "sandbox": sandbox,
        "python": sys.version.split()[0],
    }


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.repair_speed", description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the one JSON object")
    parser.add_argument("--count", type=int, default=1000, help="how many candidates")
    options = parser.parse_args()
    figures = asyncio.run(measure(max(2, options.count)))
    if not options.json:
        for name, value in figures.items():
            print(f"{name:40} {value}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
