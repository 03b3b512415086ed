"""A process of its own that makes guarded things and tells of them, until it is killed or stopped.

    python -m tests.unit.sandbox.guarded sleeper
    python -m tests.unit.sandbox.guarded sandbox WORK SCRATCH

It prints a JSON line: `token`, `guardian` (a process id) and `sleeper` (another); then, for a
sandbox, begins to run a command in one. It ends by itself when its stdin does.
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from gatewright.workspace.sandbox.bubblewrap import Bubblewrap
from gatewright.workspace.sandbox.guardian import guarded
from gatewright.workspace.sandbox.sweep import TOKEN
from tests.unit.sandbox.support import shell


def main(what: str, *folders: str) -> None:
    """See above."""
    environment = guarded()
    [guardian] = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    said = {"token": environment[TOKEN], "guardian": int(guardian)}
    if what == "sleeper":
        sleeper = subprocess.Popen(
            ["/bin/sleep", "60"],
            env=environment,
            stdout=subprocess.DEVNULL,  # ours ends with us
            start_new_session=True,
        )
        said["sleeper"] = sleeper.pid
    print(json.dumps(said), flush=True)
    if what == "sandbox":
        work, scratch = map(Path, folders)
        asyncio.run(Bubblewrap(scratch=scratch).run(shell(work, f"sleep 60 # {work}")))
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
