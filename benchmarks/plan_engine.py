"""What a step of a plan costs, against bare processes and against other tools.

    python -m benchmarks.plan_engine [--json] [--steps 100,1000,10000] [--rounds 5]
        [--shapes all|NAME,...] [--peers all|none|NAME,...] [--cache FOLDER] [--folder FOLDER]
        [--parts shapes,workflows,whole] [--quick]

The floor is posix_spawn and wait in C, as many at a time as all others. All take turns within a
round; a ratio is the median over the rounds of the ratios to the floor of the same round. Start-up
is told apart for all. Other tools are measured in environments that are made for them; `--cache`
keeps those. Nothing is removed until the end, for that would fall on whoever is next.

A step of ours has two new files, which the floor has not. What those cost depends on the folder and
on what else the disk does: from 27 us to 2 ms each on one ext4 disk. `create_file_us` and the row
floor_files tell how it is here; choose a `--folder` where it is little.

The last line is one JSON object.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.plans import makespans, table, whole
from benchmarks.plans.contestants import Contestant
from benchmarks.plans.environments import PeerUnavailable
from benchmarks.plans.floor import Floor
from benchmarks.plans.matrix import Matrix
from benchmarks.plans.mine import OURS, mine, name_of
from benchmarks.plans.peers import PEERS, peer
from benchmarks.plans.shapes import TRIVIAL

HEADLINE = ("wide", 1000)
"""What ratio_memory and ratio_durable are of, or of the size nearest to it that was asked for."""
WORKFLOW_STEPS = 200
WORKFLOW_AT_A_TIME = 8
PARTS = ["shapes", "workflows", "whole"]
_WITH_LENGTHS = {"make", *map(name_of, OURS)}


def main() -> None:
    """Measure, print a table unless told not to, and one line of JSON."""
    given = _arguments()
    program = shutil.which("true") or "/bin/true"
    result: dict[str, Any] = {
        "at_a_time": given.at_a_time,
        "cores": os.cpu_count(),
        "rounds": given.rounds,
        "load": os.getloadavg()[0],
    }
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="plan-engine-", dir=given.folder)
        folder = Path(stack.enter_context(temporary))
        result["create_file_us"] = _create_file_us(folder)
        contestants, missing = _contestants(given, folder, stack, program)
        result["contestants"] = {
            one.name: {"version": one.version, "startup_s": one.startup_s} for one in contestants
        }
        result["missing"] = missing
        if "shapes" in given.parts:
            result["shapes"] = _shapes(given, contestants, program)
            result |= _headline(result, given)
        if "workflows" in given.parts:
            result["workflows"] = _workflows(given, contestants, program)
        if "whole" in given.parts:
            result |= whole.measure(
                folder,
                given.steps,
                program=program,
                at_a_time=given.at_a_time,
                rounds=1 if given.quick else 3,
            )
    if given.markdown:
        print(table.markdown(result))
    elif not given.json:
        print(table.text(result))
    print(json.dumps(result, default=float))


def _contestants(
    given: argparse.Namespace, folder: Path, stack: ExitStack, program: str
) -> tuple[list[Contestant], dict[str, str]]:
    """The floor first; and why who is missing is."""
    found: list[Contestant] = [Floor(folder), Floor(folder, files=True)]
    missing: dict[str, str] = {}
    cache = given.cache or folder / "environments"
    makers: dict[str, Callable[[], Contestant]] = {
        name_of(way): partial(mine, way, folder) for way in OURS
    }
    for name in given.peers:
        makers[name] = partial(peer, name, cache=cache, folder=folder, program=program)
    for name, make in makers.items():
        print(f"{name}: getting ready ...", file=sys.stderr)
        try:
            found.append(make())
        except PeerUnavailable as error:
            missing[name] = str(error)
    for one in found:
        stack.callback(one.close)
    return found, missing


def _create_file_us(folder: Path, files: int = 2000) -> float:
    """What the file system takes for a new file; each step has two."""
    made = folder / "created"
    made.mkdir()
    begun = time.perf_counter()
    for index in range(files):
        os.close(os.open(made / str(index), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    return (time.perf_counter() - begun) / files * 1e6


def _shapes(
    given: argparse.Namespace, contestants: list[Contestant], program: str
) -> dict[str, dict[str, Any]]:
    matrix = Matrix(
        contestants,
        program=program,
        at_a_time=given.at_a_time,
        budget_s=given.budget,
        kept=list(map(name_of, OURS)),
    )
    return {
        shape: {
            str(steps): matrix.measure(shape, steps, rounds=given.rounds)
            for steps in sorted(given.steps)
        }
        for shape in given.shapes
    }


def _workflows(
    given: argparse.Namespace, contestants: list[Contestant], program: str
) -> dict[str, Any]:
    return makespans.measure(
        [one for one in contestants if one.name in _WITH_LENGTHS],
        program=program,
        steps=WORKFLOW_STEPS,
        at_a_time=WORKFLOW_AT_A_TIME,
        ideal_s=given.ideal,
        rounds=1 if given.quick else 3,
    )


def _headline(result: dict[str, Any], given: argparse.Namespace) -> dict[str, Any]:
    """Of one shape and size: the ratios of ours, and ms a step of all others."""
    shape = HEADLINE[0] if HEADLINE[0] in given.shapes else given.shapes[0]
    steps = min(given.steps, key=lambda count: abs(count - HEADLINE[1]))
    cells = result["shapes"][shape][str(steps)]
    peers = {name: cells[name] for name in given.peers if name in cells}
    missing = {name: why for name, why in result["missing"].items() if name in given.peers}
    peers |= {name: {"ms": None, "reason": why} for name, why in missing.items()}
    few, many = str(min(given.steps)), str(max(given.steps))
    by_steps = result["shapes"][shape]
    return {
        "headline": {"shape": shape, "steps": steps},
        **{f"ratio_{way}": cells.get(name_of(way), {}).get("ratio") for way in OURS},
        **{f"ms_{way}": cells.get(name_of(way), {}).get("ms") for way in OURS},
        "ms_floor": cells["floor"]["ms"],
        "peers": peers,
        "growth": {name: _quotient(by_steps[many][name], by_steps[few][name]) for name in cells},
    }


def _quotient(many: dict[str, Any], few: dict[str, Any]) -> float | None:
    """Of ms a step, of the most steps to the fewest."""
    return many["ms"] / few["ms"] if many["ms"] and few["ms"] else None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    parser.add_argument("--markdown", action="store_true", help="tables as in docs/plans.md")
    parser.add_argument("--steps", type=_counts, metavar="N,...", help="default 100,1000,10000")
    parser.add_argument("--rounds", type=int, help="default 5")
    parser.add_argument("--at-a-time", type=int, default=2)
    parser.add_argument("--budget", type=float, default=30.0, help="seconds a contestant and cell")
    parser.add_argument(
        "--shapes", type=_of(TRIVIAL), default=list(TRIVIAL), metavar="all|NAME,..."
    )
    parser.add_argument(
        "--peers", type=_of(PEERS), default=list(PEERS), metavar="all|none|NAME,..."
    )
    parser.add_argument("--parts", type=_of(PARTS), default=PARTS, metavar="all|NAME,...")
    parser.add_argument("--ideal", type=float, help="seconds of a workflow, default 10")
    parser.add_argument("--cache", type=Path, help="keeps the other tools' environments")
    parser.add_argument("--folder", type=Path, help="where all files go, on the disk that counts")
    parser.add_argument("--quick", action="store_true", help="rough figures: 100 steps, 2 rounds")
    given = parser.parse_args()
    given.steps = given.steps or ([100] if given.quick else [100, 1000, 10_000])
    given.ideal = given.ideal or (1.5 if given.quick else 10.0)
    given.rounds = given.rounds or (2 if given.quick else 5)
    return given


def _counts(text: str) -> list[int]:
    counts = [int(word) for word in text.split(",")]
    if min(counts) < 3:
        raise argparse.ArgumentTypeError(f"{text!r}: a shape has 3 steps or more")
    return counts


def _of(known: Any) -> Any:
    def names(text: str) -> list[str]:
        chosen = {"all": list(known), "none": []}.get(text, text.split(","))
        if strange := [name for name in chosen if name not in known]:
            raise argparse.ArgumentTypeError(f"{strange!r}: choose among {', '.join(known)}")
        return chosen

    return names


if __name__ == "__main__":
    main()
