"""A command's output: files without a name, so that no inherited pipe can keep us waiting."""

import os
import tempfile
from pathlib import Path
from typing import IO, Self

KEPT_BYTES = 256 * 2**10
"""Of each stream, from its end."""


class Streams:
    """Stdin, stdout and stderr of one command. Nothing is left on the disk after `close`."""

    def __init__(self, folder: Path, stdin: bytes) -> None:
        self.stdin = _nameless(folder) if stdin else None
        if self.stdin is not None:
            self.stdin.write(stdin)
            self.stdin.seek(0)
        self.stdout = _nameless(folder)
        self.stderr = _nameless(folder)

    def largest(self) -> int:
        """Bytes written so far to the longer of the two outputs."""
        return max(os.fstat(stream.fileno()).st_size for stream in (self.stdout, self.stderr))

    def close(self) -> None:
        """Drop the files."""
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def tail(stream: IO[bytes]) -> str:
    """The last 256 KiB as text, undecodable bytes replaced."""
    descriptor = stream.fileno()
    start = max(0, os.fstat(descriptor).st_size - KEPT_BYTES)
    return os.pread(descriptor, KEPT_BYTES, start).decode("utf-8", "replace")


def _nameless(folder: Path) -> IO[bytes]:
    return tempfile.TemporaryFile(dir=folder, buffering=0)
