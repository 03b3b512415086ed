"""What is in a commit: paths, kinds, contents, read raw."""

import asyncio
import os
import re
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, TypeVar

from gatewright.domain.errors import WorkspaceError
from gatewright.domain.finishing import finish, settle
from gatewright.workspace.git import Git, GitFailed

FILE, EXECUTABLE, LINK, SUBMODULE = "100644", "100755", "120000", "160000"

_OLD_FILE = "100664"
"""Group-writable, in commits from before git stopped recording it."""

_MOST_KEPT = 4
_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a commit."""

    mode: str
    oid: str

    @property
    def regular(self) -> bool:
        """Whether it is a file, and neither a link nor a submodule."""
        return self.mode in (FILE, EXECUTABLE)


Tree = Mapping[str, Entry]
"""By path, in git's order; bytes that are not UTF-8 are surrogates, (`surrogateescape`)."""


class Trees:
    """The listings of the last few commits that were asked for; a commit never changes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Tree] = OrderedDict()

    async def of(self, git: Git, commit: str) -> Tree:
        """Every path of a commit.

        Raises: WorkspaceError for what is no commit, and for a path that leads out of a tree.
        """
        key = (str(git.git_dir), object_id(commit))
        if key not in self._kept:
            listing = await git.run("ls-tree", "-r", "-z", "--full-tree", commit)
            self._kept[key] = await asyncio.to_thread(_parse, listing.stdout)
        self._kept.move_to_end(key)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]


def object_id(value: str) -> str:
    """The same value, if it is a full object id, and so nothing that git takes for an option.

    Raises: WorkspaceError.
    """
    if not _OBJECT_ID.fullmatch(value):
        raise WorkspaceError(f"{value!r} is no full object id. Resolve it first.")
    return value


async def read_contents(git: Git, oids: Iterable[str]) -> dict[str, bytes]:
    """The raw contents of blobs, by object id.

    Raises: WorkspaceError when one is missing.
    """
    wanted = list(dict.fromkeys(oids))
    if not wanted:
        return {}
    return await with_contents(
        git,
        wanted,
        lambda blobs: {oid: blob.read() for oid, blob in zip(wanted, blobs, strict=True)},
    )


class Content:
    """One blob on its way from git; what is not read is skipped."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self.left = size

    def read(self, most: int | None = None) -> bytes:
        """The next bytes, all that are left by default; empty at the end.

        Raises: WorkspaceError when git ended early.
        """
        size = self.left if most is None else min(most, self.left)
        data = self._stream.read(size)
        if len(data) != size:
            raise WorkspaceError("git ended in the middle of an object. Try `git fsck`.")
        self.left -= size
        return data


async def with_contents(git: Git, oids: Iterable[str], use: Callable[[Iterator[Content]], T]) -> T:
    """Let `use` read these blobs one after the other, in a thread, as git hands them out.

    Contents do not pass through the event loop, nor lie in memory all at once.
    Raises: WorkspaceError when an object is missing; what `use` raises.
    """
    wanted = list(oids)
    requests = await finish(lambda: _requests(wanted))
    reading, writing = os.pipe()
    source, sink = os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
    consumer = asyncio.ensure_future(asyncio.to_thread(_consume, source, wanted, use))
    try:
        with requests:
            await git.run_into("cat-file", "--batch", "--buffer", stdin=requests, stdout=sink)
    except GitFailed:
        # When `use` gave up first, git died of it: its reason is the true one.
        await settle(consumer)
        consumer.result()
        raise
    finally:
        # `use` must not outlive this: it might write into a folder that is already removed.
        await settle(consumer)
    return consumer.result()


def _requests(oids: list[str]) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write("".join(f"{oid}\n" for oid in oids).encode())
    file.seek(0)
    return file


def _consume(source: IO[bytes], oids: list[str], use: Callable[[Iterator[Content]], T]) -> T:
    # Closing the pipe early ends git too, by SIGPIPE.
    with source:
        return use(_contents(source, oids))


def _contents(source: IO[bytes], oids: list[str]) -> Iterator[Content]:
    for oid in oids:
        header = source.readline().split()
        if len(header) != 3 or header[1] != b"blob":
            raise WorkspaceError(
                f"The object {oid} cannot be read ({b' '.join(header[1:]).decode()!r}). "
                "In a partial clone, fetch it first: `git fetch --refetch`; else try `git fsck`."
            )
        content = Content(source, int(header[2]))
        yield content
        while content.left:
            content.read(1 << 20)
        source.read(1)


def _parse(listing: bytes) -> Tree:
    tree: dict[str, Entry] = {}
    for record in listing.split(b"\0"):
        if not record:
            continue
        meta, _, raw = record.partition(b"\t")
        mode, _, oid = meta.decode().split(" ")
        path = raw.decode("utf-8", errors="surrogateescape")
        _check(path)
        if path in tree:
            raise WorkspaceError(f"The commit has the path {path!r} twice. Try `git fsck`.")
        tree[path] = Entry(FILE if mode == _OLD_FILE else mode, oid)
    return tree


def _check(path: str) -> None:
    """A commit made by hand can hold paths that git itself would refuse to check out."""
    for name in path.split("/"):
        if name in ("", ".", "..") or name.lower() == ".git":
            raise WorkspaceError(f"The commit has the unsafe path {path!r}. Try `git fsck`.")
