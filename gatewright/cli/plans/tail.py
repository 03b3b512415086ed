"""Output of steps that grows while it is read."""

from pathlib import Path

_CHUNK = 1 << 16
_MOST_JSON = 1 << 20
"""Bytes of an output that one JSON object holds: its end."""


class Tail:
    """What has been added to a file since the last look; a file that is not there is empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def more(self) -> bytes:
        """The next piece, of bounded size; empty when there is no more for now."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                found = file.read(_CHUNK)
        except FileNotFoundError:
            return b""
        self._offset += len(found)
        return found


def end_of(path: Path, *, most: int = _MOST_JSON) -> tuple[str, int]:
    """Its last bytes as text, and its size in bytes; a file that is not there is empty."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - most))
            return file.read(most).decode(errors="replace"), size
    except FileNotFoundError:
        return "", 0
