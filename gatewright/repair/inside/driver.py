"""The script that the sandbox runs: a job as JSON on stdin, one framed line on stdout.

Importing pytest and its plugins costs up to seconds, a fork some milliseconds; therefore one
process imports everything but the repository, and every run of tests is a fork of it. Jobs:

- `observe`: run the tests traced: which pass, which fail, which lines the failing ones ran.
- `try`: run candidates; each fork sees one file's text replaced in memory.
- `suite`: run the tests with one candidate written to disk, untraced.

The answer is `FRAME`, then base64 of zlib of JSON. Code under test could forge it: nobody
believes it but the search, and the gate decides in a run of its own.
"""

import base64
import json
import os
import sys
import types
import zlib
from pathlib import Path
from typing import Any

FRAME = "GATEWRIGHT-REPAIR "
OURS = ("gatewright", "gatewright.repair", "gatewright.repair.inside")


def answer(report: dict[str, Any]) -> None:
    """Print the one line that the parent reads."""
    packed = base64.b64encode(zlib.compress(json.dumps(report).encode())).decode()
    sys.stdout.write(f"\n{FRAME}{packed}\n")
    sys.stdout.flush()


def jobs() -> Any:
    """Import our modules from this folder alone, leaving no name that the repository may need.

    The folder comes first on a script's sys.path and its file names would shadow the
    repository's; `gatewright` itself may be the repository under work.
    """
    here = os.path.realpath(Path(__file__).parent)
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or ".") != here]
    for name in OURS:
        package = types.ModuleType(name)
        package.__path__ = [here] if name == OURS[-1] else []
        sys.modules[name] = package
    from gatewright.repair.inside import jobs  # noqa: PLC0415

    for name in [name for name in sys.modules if name.startswith("gatewright")]:
        del sys.modules[name]
    return jobs


def main() -> None:
    """Do the job."""
    job = json.load(sys.stdin.buffer)
    sys.dont_write_bytecode = True
    try:
        import pytest  # noqa: F401, PLC0415
    except ImportError as missing:
        answer({"error": f"{sys.executable} cannot import pytest: {missing}"})
        return
    answer(jobs().KINDS[job["kind"]](job))


if __name__ == "__main__":
    main()
