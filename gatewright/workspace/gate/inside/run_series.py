"""Several runs of `run_pytest.py` in one place, one after another, each in a process of its own.

    python -s run_series.py ROOT < JSON

The JSON on stdin is a list of pairs: the path of a report, and what `run_pytest.py` gets on stdin.
The exit code is that of the first run that ended otherwise than pytest does.
"""

import json
import os
import subprocess
import sys

_ORDINARY = (0, 1, 5)


def main(root: str) -> int:
    """Run all of them; a run that goes wrong does not stop the next."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run_pytest.py")  # noqa: PTH100, PTH118, PTH120
    worst = 0
    for report, settings in json.load(sys.stdin):
        done = subprocess.run(
            [sys.executable, "-s", script, report, root],
            input=json.dumps(settings).encode(),
            check=False,
        )
        code = done.returncode
        worst = worst or (0 if code in _ORDINARY else code if code > 0 else 128 - code)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
