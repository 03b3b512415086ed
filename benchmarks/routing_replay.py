"""What the production router makes of recorded outcomes, and what other policies make of them.

    python -m benchmarks.routing_replay --outcomes FILE.csv [--seeds 30] [--tasks 1000]
        [--target 0.95|1.0|quality-first] [--gate-false-accept P] [--gate-false-reject P]
        [--budget SHARE] [--delay N] [--drift] [--json]

FILE has task_id, area, risk, model, passed (0 or 1) and cost_usd: a row for every task and model;
`synthetic:swe` and `synthetic:hard` are made up. Half of the tasks tune nothing but what a solved
task is worth; the figures come from streams of tasks that are drawn with replacement from the other
half (tasks of the same outcomes are dealt out evenly; `--split hash`: by chance). Shares are of
always-best, the model that was best on the first half, on the same streams. The last line is one
JSON object, in which 1.0 is as much as always-best.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import get_args

from benchmarks.replay import recorded, table
from benchmarks.replay.bench import measure
from benchmarks.replay.deciding import deciding
from benchmarks.replay.measured import Options
from benchmarks.replay.stream import Gate
from benchmarks.replay.synthetic import POOLS, synthetic
from benchmarks.replay.tuning import Target
from routing.strategies import STRATEGIES

SYNTHETIC = "synthetic:"


def main() -> None:
    """Measure, print a table unless told not to, and one line of JSON."""
    given = _arguments()
    options = Options(
        seeds=given.seeds,
        tasks=given.tasks,
        target=given.target,
        gate=Gate(given.gate_false_accept, given.gate_false_reject),
        budget=given.budget,
        delay=given.delay,
        drift=given.drift,
        strategy=given.strategy,
        harm=given.harm,
        warm=given.warm,
        jobs=given.jobs,
    )
    began = time.perf_counter()
    try:
        split = recorded.halves(_tasks(given.outcomes), split=given.split)
    except (OSError, recorded.Malformed) as error:
        sys.exit(str(error))
    measured = measure(split, options)
    thinking = deciding()
    if not given.json:
        print("\n".join(table.lines(measured, options, thinking)))
    found = table.record(measured, options, thinking)
    print(json.dumps(found | {"seconds": round(time.perf_counter() - began, 1)}))


def _tasks(outcomes: str) -> tuple[recorded.Task, ...]:
    if not outcomes.startswith(SYNTHETIC):
        return recorded.read(Path(outcomes))
    pool = outcomes.removeprefix(SYNTHETIC)
    name, _, seed = pool.partition(":")
    if name not in POOLS:
        raise recorded.Malformed(f"there is no pool {name!r}: take one of {sorted(POOLS)!r}")
    return synthetic(name, seed=seed or "1")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.routing_replay",
        description="Replay recorded outcomes with the production router, and with others.",
    )
    parser.add_argument("--outcomes", required=True, help="a CSV file, or synthetic:swe|hard")
    parser.add_argument("--seeds", type=_count, default=30, help="streams (default 30)")
    parser.add_argument("--tasks", type=_count, default=1000, help="of a stream (default 1000)")
    parser.add_argument("--target", choices=get_args(Target), default="0.95")
    parser.add_argument("--gate-false-accept", type=_share, default=0.0, metavar="P")
    parser.add_argument("--gate-false-reject", type=_share, default=0.0, metavar="P")
    parser.add_argument(
        "--budget",
        type=_budget,
        metavar="SHARE",
        help="of what always-best costs on the stream: 0.15 or 15%%; it then moves the value",
    )
    parser.add_argument("--delay", type=int, default=0, help="tasks until a verdict is learned")
    parser.add_argument(
        "--drift",
        action="store_true",
        help="the favourite cheap model becomes bad in the middle of each stream",
    )
    parser.add_argument("--strategy", choices=STRATEGIES, default="learning")
    parser.add_argument(
        "--harm", type=float, help="of a bad change that is accepted, in units of the value"
    )
    parser.add_argument("--split", choices=get_args(recorded.Split), default="matched")
    parser.add_argument("--warm", action="store_true", help="start with dev's pass rates as priors")
    parser.add_argument("--jobs", type=_count, default=2, help="processes (default 2)")
    parser.add_argument("--json", action="store_true", help="no table")
    return parser.parse_args()


def _count(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is less than 1")
    return number


def _share(word: str) -> float:
    number = float(word)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not between 0 and 1")
    return number


def _budget(word: str) -> float:
    """A share; above 1.5 it can only be meant in percent."""
    number = float(word.removesuffix("%"))
    share = number / 100 if word.endswith("%") or number > 1.5 else number
    if share <= 0:
        raise argparse.ArgumentTypeError(f"{word!r} is no budget: it must be above 0")
    return share


if __name__ == "__main__":
    main()
