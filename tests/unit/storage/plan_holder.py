"""A process that holds locks: `python -m tests.unit.storage.plan_holder FOLDER NAME...`.

It prints `held` once it has them, and lets go when its stdin ends.
"""

import asyncio
import sys
from pathlib import Path

from gatewright.storage.plans.locks import FileLocks


async def hold(folder: Path, names: list[str]) -> None:
    async with FileLocks(folder).hold(names):
        print("held", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(hold(Path(sys.argv[1]), sys.argv[2:]))
