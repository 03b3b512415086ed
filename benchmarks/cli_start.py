"""What a command takes before it has anything to do: its CPU time against a bare Python's.

    python -m benchmarks.cli_start --json

Each on a new home, the least of several runs in turn; what a command's own processes took counts.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile

_BARE = "python -c pass"
_COMMANDS = {
    _BARE: "pass",
    **{
        f"gatewright {command}": f"import sys; sys.argv = ['gatewright', *{command.split()!r}]\n"
        "from gatewright.cli.main import main; main()"
        for command in (
            *("--help", "--version", "list", "active", "summary", "review --json", "clean"),
            *("plan schema", "plan runs", "report", "models", "sql SELECT+1", "gc --dry-run"),
        )
    },
    "import gatewright.app": "import gatewright.app",
    "import gatewright.orchestration.walking": "import gatewright.orchestration.walking",
}


def main() -> None:
    """Measure, and print a table or one JSON object."""
    parser = argparse.ArgumentParser(description="CPU time to start, against a bare Python's.")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    least = dict.fromkeys(_COMMANDS, float("inf"))
    with tempfile.TemporaryDirectory() as home:
        # In turn, so that what else the machine does falls on all of them; the first one counts
        # for nothing: it compiles modules and makes the databases.
        for turn in range(given.repeats + 1):
            for name, code in _COMMANDS.items():
                took = _cpu_s(code, home)
                least[name] = min(least[name], took) if turn else least[name]
    told = {
        name: {"cpu_s": round(took, 3), "ratio": round(took / least[_BARE], 1)}
        for name, took in least.items()
    }
    if given.json:
        print(json.dumps(told))
        return
    for name, one in told.items():
        print(f"{one['cpu_s']:7.3f} s  {one['ratio']:5.1f} x  {name}")


def _cpu_s(code: str, home: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "GATEWRIGHT_HOME": home},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
