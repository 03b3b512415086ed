"""The files that a step writes to. Standard library only: helpers import it.

A new file takes as long as a small process, and most steps write little. So a step writes to files
that have no name (`O_TMPFILE`): they get theirs when the step has run a moment, or has ended and
written something, and are used again when it has not. Each step opens them anew, and has no part
in what another one did to its descriptors.
"""

import contextlib
import errno
import os

_NO_TMPFILE = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT)
"""Of an old kernel or a file system without; of a folder that is missing, too, as we see then."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC


class Output:
    """One of the two streams of a worker's steps, one step after the other."""

    def __init__(self) -> None:
        self._folder = ""
        self._spare = -1
        self._path = ""
        """Of the step that is under way; empty once the file has its name."""

    def open(self, path: str) -> int:
        """A descriptor to be opened anew by the step (see `inherited`).

        Raises: OSError, ValueError.
        """
        folder = path.rpartition("/")[0] or "/"
        if folder != self._folder:
            self._drop()
            self._folder = folder
        if self._spare < 0:
            self._spare, self._path = self._make(path)
        else:
            self._path = path
        return self._spare

    def name(self) -> None:
        """Give the file its name now, so that others can read it. Raises: OSError, ValueError."""
        if not self._path:
            return
        place = f"/proc/self/fd/{self._spare}"
        try:
            self._link(place, self._path)
        except FileExistsError:
            # Whatever was in its place: never through a link, nor into a pipe left there.
            os.unlink(self._path)  # noqa: PTH108
            self._link(place, self._path)
        self._path = ""

    def settle(self) -> None:
        """The step is over: named when something was written, and nothing is there when nothing
        was. Raises: OSError, ValueError."""
        # Its size, at a third of what `fstat` takes; who opened it has a position of their own.
        if self._path and os.lseek(self._spare, 0, os.SEEK_END):
            self.name()
        if not self._path:
            self._drop()
            return
        path, self._path = self._path, ""
        # Asked first, for it is hardly ever there: to be refused takes far longer.
        if os.access(path, os.F_OK, follow_symlinks=False):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)  # noqa: PTH108

    def _make(self, path: str) -> tuple[int, str]:
        """A file without a name, and the name that it is to get; or else one that has its name."""
        try:
            flags = os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC
            return os.open(self._folder, flags, 0o600), path
        except OSError as fault:
            if fault.errno not in _NO_TMPFILE:
                raise
        try:
            return os.open(path, _NEW, 0o600), ""
        except FileExistsError:
            os.unlink(path)  # noqa: PTH108
            return os.open(path, _NEW, 0o600), ""

    def _link(self, place: str, path: str) -> None:
        # With a descriptor of a folder, of which an absolute path takes no note, Python follows
        # the link that `/proc` has for the file, and without one it does not.
        os.link(place, path, src_dir_fd=self._spare, follow_symlinks=True)

    def _drop(self) -> None:
        if self._spare >= 0:
            os.close(self._spare)
            self._spare = -1


def inherited(descriptor: int) -> str:
    """Where a child opens it anew, before its program begins."""
    return f"/proc/self/fd/{descriptor}"
