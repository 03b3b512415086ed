"""What checks found on a base commit, kept so that it is not found out again for each attempt.

The folder is never shown in a sandbox. A file that is damaged counts as not there.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

_FORMAT = 1
_MOST_FILES = 500

Kept = TypeVar("Kept", bound=BaseModel)


class Baselines:
    """A folder of JSON files, named by a digest of all that their content depends on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def get(
        self,
        key: Mapping[str, object],
        kept: type[Kept],
        *,
        compute: Callable[[], Awaitable[Kept]],
        keep: Callable[[Kept], bool],
    ) -> Kept:
        """The recorded answer for this key, else a new one, recorded if `keep` says so."""
        path = self._folder / f"{_digest(key)}.json"
        found = await asyncio.to_thread(_read, path, kept)
        if found is not None:
            return found
        answer = await compute()
        if keep(answer):
            # How long it took will not be true of the next time.
            text = answer.model_dump_json(exclude={"duration_s"})
            await asyncio.to_thread(_write, path, text)
        return answer


def _digest(key: Mapping[str, object]) -> str:
    text = json.dumps({"format": _FORMAT, **key}, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path, kept: type[Kept]) -> Kept | None:
    try:
        return kept.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _write(path: Path, text: str) -> None:
    """Whole or not at all, also where several processes write the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _prune(path.parent)


def _prune(folder: Path) -> None:
    files: list[tuple[float, Path]] = []
    for path in folder.glob("*.json"):
        with contextlib.suppress(FileNotFoundError):
            files.append((path.stat().st_mtime, path))
    for _, path in sorted(files)[:-_MOST_FILES]:
        path.unlink(missing_ok=True)
