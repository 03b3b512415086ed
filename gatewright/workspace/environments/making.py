"""Make an environment once, whole or not at all, and know it again. Blocks on the file system.

Several processes may want the same one at once: one makes it, the others wait for it.
"""

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gatewright.domain.errors import EnvironmentFault

_SEAL = "gatewright.json"
"""Written last: every file with its size and time, so that what is damaged is noticed."""
_WATCHED = ("bin", "site-packages")
_UNUSED_S = 30 * 86_400
"""After this time an environment that nobody asked for makes room."""
_UNFINISHED_S = 86_400
_MADE = ("clean-", "declared-")


def made(folder: Path, build: Callable[[Path], None]) -> Path:
    """The environment in this folder; made by `build` unless it is there and whole.

    Raises: EnvironmentFault where the disk refuses, and whatever `build` raises.
    """
    if is_whole(folder):
        with contextlib.suppress(OSError):
            os.utime(folder / _SEAL)
        return folder
    try:
        _make(folder, build)
    except OSError as error:
        raise EnvironmentFault(
            f"The environment {str(folder)!r} cannot be made: {error.strerror or error}",
            "Free some space, or name another folder by GATEWRIGHT_HOME.",
        ) from error
    return folder


def is_whole(folder: Path) -> bool:
    """Whether an environment is there as it was made."""
    try:
        files = json.loads((folder / _SEAL).read_bytes())
        for name, known in files.items():
            seen = os.lstat(f"{folder}/{name}")
            if [seen.st_size, seen.st_mtime_ns] != known:
                return False
    except (OSError, ValueError, AttributeError):
        return False
    return True


def _make(folder: Path, build: Callable[[Path], None]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        # Who comes second waits, and finds it made; a process that dies lets go.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_whole(folder):
            return
        _sweep(folder.parent)
        fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
        try:
            build(fresh)
            _seal(fresh)
            _put(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def _seal(folder: Path) -> None:
    files: dict[str, list[int]] = {}
    for place, folders, names in os.walk(folder):
        # So that nothing is added beside the packages, where Python would find it.
        watched = [name for name in folders if name in _WATCHED]
        for name in (*names, *watched):
            path = f"{place}/{name}"
            seen = os.lstat(path)
            files[os.path.relpath(path, folder)] = [seen.st_size, seen.st_mtime_ns]
    folder.chmod(0o755)
    (folder / _SEAL).write_text(json.dumps(files), encoding="utf-8")


def _put(fresh: Path, folder: Path) -> None:
    """Give it its name, in place of a damaged one."""
    if folder.exists() or folder.is_symlink():
        aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".old-"))
        folder.rename(aside / "damaged")
        shutil.rmtree(aside, ignore_errors=True)
    fresh.rename(folder)


def _sweep(cache: Path) -> None:
    """Remove what was left unfinished, and what has not been used for long."""
    now = time.time()
    for path in cache.iterdir():
        unfinished = path.name.startswith((".new-", ".old-"))
        if not unfinished and not path.name.startswith(_MADE):
            continue
        with contextlib.suppress(OSError):
            used = (path if unfinished else path / _SEAL).stat().st_mtime
            if now - used > (_UNFINISHED_S if unfinished else _UNUSED_S):
                shutil.rmtree(path, ignore_errors=True)
