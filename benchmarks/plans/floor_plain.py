"""The floor where there is no C compiler: as floor.c, by the standard library.

python -I -S floor_plain.py PROGRAM COUNT AT_A_TIME [FOLDER]
"""

import os
import sys
import time

_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def main() -> None:
    """Print seconds."""
    program, count, at_a_time = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    folder = sys.argv[4] if len(sys.argv) > 4 else ""
    begun = time.perf_counter()
    started = 0
    for over in range(count):
        while started < count and started - over < at_a_time:
            _start(program, folder, started)
            started += 1
        _, status = os.wait()
        if status:
            sys.exit(f"{program} ended with status {status}")
    print(time.perf_counter() - begun)


def _start(program: str, folder: str, index: int) -> None:
    actions = []
    if folder:
        actions = [
            (os.POSIX_SPAWN_OPEN, fd, f"{folder}/{index}.{name}", _NEW, 0o600)
            for fd, name in ((1, "stdout"), (2, "stderr"))
        ]
    os.posix_spawn(program, [program], os.environ, file_actions=actions)


if __name__ == "__main__":
    main()
