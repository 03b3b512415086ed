"""What the sidecar costs a graph, and what others cost the same graph.

    python -m benchmarks.telemetry_overhead [--json] [--rounds 60] [--peers all|none|NAME,...]
        [--cache FOLDER] [--quick]

20 nodes that do nothing, one after the other, with an InMemorySaver, bare and watched in turn in
one process: the ratio is the worst there is, for a node of a real task takes seconds. Request path:
CPU of the thread that a run waits for, from the run's set-up to its end. Whole process: CPU of all
threads at a steady pace. Other tools are measured by the same code in environments that are made
for them; `--cache` keeps those. The last line is one JSON object.
"""

import argparse
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.overhead import scale
from benchmarks.overhead.measure import NODES, Bench, paired
from benchmarks.overhead.ours import watched_by, whole_process
from benchmarks.overhead.peers import PACKAGES, PeerUnavailable, measure_peer
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.sidecar import Sidecar

KINDS = (("sync", False), ("async", True))


def main() -> None:
    """Measure, print a table unless told not to, and one line of JSON."""
    given = _arguments()
    result: dict[str, Any] = {"nodes": NODES, "rounds": given.rounds, "load": os.getloadavg()[0]}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        result |= _ours(folder / "telemetry", given)
        cache = given.cache or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        result["peers"] = {name: _peer(name, cache, given) for name in given.peers}
        result |= scale.measure(folder / "scale", rows=100_000 if given.quick else 1_000_000)
    if not given.json:
        _table(result)
    print(json.dumps(result, default=float))


def _ours(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with Sidecar(folder) as sidecar:
        watch = watched_by(sidecar)
        for kind, is_async in KINDS:
            bench = Bench(is_async=is_async)
            figures = paired(bench, watch, rounds=given.rounds)
            found[kind] = figures._asdict()
            found[f"ratio_{kind}"] = figures.ratio
            found[f"added_us_{kind}"] = figures.added_us
            bench.close()
        bench = Bench(is_async=True)
        process = whole_process(
            bench,
            sidecar,
            nodes_per_s=given.pace,
            seconds=_seconds(given),
            segments=1 if given.quick else 3,
        )
        bench.close()
        found["process"] = process._asdict()
        found["process_us_per_node"] = process.added_us
        found["p99_added_wall_ms"] = process.p99_added_ms
        found["rows_expected"] = sidecar.flush() and _nodes_watched(given, process.segments)
        found["losses"] = sidecar.losses.total()
    with open_reading(folder) as reading:
        [written] = reading.sql("SELECT count(*) AS n FROM v_node_runs")
    found["rows_written"] = written["n"]
    return found


def _seconds(given: argparse.Namespace) -> int:
    """Of a segment: what the writer does once a minute is in it, and the file's closing once."""
    return 1 if given.quick else 60


def _nodes_watched(given: argparse.Namespace, segments: int) -> int:
    seconds = _seconds(given)
    runs = len(KINDS) * (given.rounds + 5)
    runs += segments * round(seconds * given.pace / NODES) + round(given.pace / NODES)
    return int(runs * NODES)


def _peer(name: str, cache: Path, given: argparse.Namespace) -> dict[str, Any] | None:
    print(f"{name}: measuring ...", file=sys.stderr)
    try:
        found = measure_peer(name, cache=cache, rounds=given.rounds)
    except PeerUnavailable as error:
        return {"ratio_sync": None, "ratio_async": None, "reason": str(error)}
    ratios = {f"ratio_{kind}": found[kind]["ratio"] for kind, _ in KINDS}
    added = {f"added_us_{kind}": found[kind]["added_us"] for kind, _ in KINDS}
    return {**ratios, **added, **found}


def _table(result: dict[str, Any]) -> None:
    print(f"{'':16}{'sync':>10}{'us added':>10}{'async':>10}{'us added':>10}   us of CPU a node")
    rows = {"gatewright": result, **result["peers"]}
    for name, row in rows.items():
        if row["ratio_sync"] is None:
            print(f"{name:16}{row['reason']}")
            continue
        cells = "".join(
            f"{'x' + format(row[f'ratio_{kind}'], '.2f'):>10}{row[f'added_us_{kind}']:>+10.0f}"
            for kind, _ in KINDS
        )
        print(f"{name:16}{cells}")
    process = result["process"]
    print(
        f"whole process at {process['nodes_per_s']:.0f} nodes/s:"
        f" {process['added_us']:+.0f} us a node,"
        f" {process['background_us']:.0f} of it beside the runs;"
        f" p99 of added wall {process['p99_added_ms']:+.2f} ms"
    )
    for name in ("window_tick_us_1000", "sample_cpu_us", "join_1m_s"):
        print(f"{name}: {result[name]}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--pace", type=float, default=100.0, help="nodes a second, whole process")
    parser.add_argument("--peers", type=_names, default=list(PACKAGES), metavar="all|none|NAME,...")
    parser.add_argument("--cache", type=Path, help="keeps the other tools' environments")
    parser.add_argument("--quick", action="store_true", help="rough figures, in seconds")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = {"all": list(PACKAGES), "none": []}.get(text, text.split(","))
    if strange := [name for name in names if name not in PACKAGES]:
        raise argparse.ArgumentTypeError(f"{strange!r}: choose among {', '.join(PACKAGES)}")
    return names


if __name__ == "__main__":
    main()
