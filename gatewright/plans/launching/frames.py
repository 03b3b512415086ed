"""What the engine and its helpers say to each other: a length, and a value in marshal's form.

Both ends are the same interpreter, for which that form is made, and it takes a sixth of the time
of JSON. Nothing that a step writes ever comes this way. Standard library only: helpers import it.
"""

import marshal
from struct import Struct
from typing import Any

_LENGTH = Struct("=I")
_HEAD = _LENGTH.size


def frame(message: list[Any]) -> bytes:
    """None, booleans, numbers, text (any, also half a surrogate pair), lists and dictionaries."""
    body = marshal.dumps(message)
    return _LENGTH.pack(len(body)) + body


class Frames:
    """Messages out of the pieces in which they arrive."""

    def __init__(self) -> None:
        self._partial: list[bytes] = []
        """Pieces of a message that is not whole."""
        self._has = 0
        self._wants = _HEAD
        """Bytes without which there is nothing new."""

    def feed(self, data: bytes) -> list[list[Any]]:
        """Those that are whole by now."""
        if self._partial:
            self._partial.append(data)
            self._has += len(data)
            if self._has < self._wants:
                return []
            data = b"".join(self._partial)
            self._partial = []
        found: list[list[Any]] = []
        at, end = 0, len(data)
        self._wants = _HEAD
        while end - at >= _HEAD:
            length = _HEAD + _LENGTH.unpack_from(data, at)[0]
            if end - at < length:
                self._wants = length
                break
            found.append(marshal.loads(data[at + _HEAD : at + length]))  # noqa: S302 - see above
            at += length
        if at < end:
            self._partial, self._has = [data[at:]], end - at
        return found
