"""Make commits by plumbing: no checkout, no index of the user's, no hook, no filter.

The same files on the same parent with the same message give the same commit: identity and date
are fixed (the parent's date and one second more), so that work done twice is done once.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gatewright.domain.errors import WorkspaceError
from gatewright.workspace.git import Git
from gatewright.workspace.leases import lease
from gatewright.workspace.trees import FILE, object_id

_NAME = "Gatewright"
_EMAIL = "gatewright@localhost"
_LAST_SECOND = 4_102_444_800
"""2100-01-01: a parent's date may be nonsense, and git refuses what it cannot print."""

_COMMITTED = re.compile(rb"^committer [^\n]*> (-?\d+) [^\n]*$", re.MULTILINE)
_DROPPED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_MESSAGE_CHARACTERS = 10_000


@dataclass(frozen=True, kw_only=True)
class Commit:
    """A commit as it is recorded."""

    oid: str
    tree: str
    parents: tuple[str, ...]
    seconds: int
    """When it was committed, since 1970."""
    message: str


@dataclass(frozen=True, kw_only=True)
class NewFile:
    """A path's new content."""

    data: bytes
    mode: str = FILE


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How a commit differs from another."""

    files: tuple[str, ...]
    lines_added: int
    lines_deleted: int


async def read_commit(git: Git, oid: str) -> Commit:
    """Raises: WorkspaceError for what is no commit here."""
    raw = (await git.run("cat-file", "commit", object_id(oid))).stdout
    head, _, message = raw.partition(b"\n\n")
    lines = head.split(b"\n")
    committed = _COMMITTED.search(head)
    return Commit(
        oid=oid,
        tree=lines[0].removeprefix(b"tree ").decode("ascii"),
        parents=tuple(
            line.removeprefix(b"parent ").decode() for line in lines if line.startswith(b"parent ")
        ),
        seconds=int(committed[1]) if committed else 0,
        message=message.decode("utf-8", errors="replace"),
    )


async def write_commit(
    git: Git,
    parent: Commit,
    files: Mapping[str, NewFile | None],
    *,
    message: str,
    scratch: Path,
) -> str:
    """Commit these files on top of the parent, None deleting a path; no ref points to it yet.

    Raises: WorkspaceError.
    """
    async with lease(scratch) as folder:
        indexed = git.using(folder / "index")
        await indexed.run("read-tree", parent.oid)
        blobs = {path: new for path, new in files.items() if new is not None}
        oids = await _store(git, list(blobs.values()), folder)
        gone = "0" * len(parent.oid)
        # Removals first: a path may go from file to folder or back.
        lines = [f"0 {gone}\t{path}" for path in files if path not in blobs]
        lines += [
            f"{new.mode} {oid}\t{path}"
            for (path, new), oid in zip(blobs.items(), oids, strict=True)
        ]
        listing = "".join(f"{line}\0" for line in lines).encode("utf-8", errors="surrogateescape")
        await indexed.run("update-index", "-z", "--index-info", stdin=listing)
        tree = (await indexed.run("write-tree", "--missing-ok")).line
    return await _commit_tree(git, tree, parent, message)


async def compare(git: Git, old: str, new: str) -> Difference:
    """Paths and lines that differ; a rename names both paths and counts only changed lines."""
    output = await git.run(
        "diff-tree",
        "-r",
        "-z",
        "--numstat",
        "-M",
        "--no-ext-diff",
        "--no-textconv",
        "--ignore-submodules=none",
        object_id(old),
        object_id(new),
        "--",
    )
    files: set[str] = set()
    added = deleted = 0
    fields = iter(output.stdout.decode("utf-8", errors="surrogateescape").split("\0"))
    for record in fields:
        if not record:
            continue
        plus, minus, path = record.split("\t", 2)
        # A rename leaves the path empty, and the old and the new one follow.
        files.update([path] if path else [next(fields), next(fields)])
        added += int(plus) if plus != "-" else 0
        deleted += int(minus) if minus != "-" else 0
    return Difference(files=tuple(sorted(files)), lines_added=added, lines_deleted=deleted)


def clean_message(message: str) -> str:
    """Untrusted text as a commit message: no control or direction marks, not endless."""
    text = message.replace("\r\n", "\n").encode("utf-8", errors="replace").decode("utf-8")
    text = _DROPPED.sub("", text)[:_MESSAGE_CHARACTERS]
    return "\n".join(line.rstrip() for line in text.split("\n")).strip() or "Change"


async def _store(git: Git, blobs: list[NewFile], folder: Path) -> list[str]:
    """Write all blobs by one process, from files in our own folder."""
    if not blobs:
        return []

    def lay_out() -> bytes:
        for number, blob in enumerate(blobs):
            (folder / f"blob-{number}").write_bytes(blob.data)
        return "".join(f"blob-{number}\n" for number in range(len(blobs))).encode()

    names = await asyncio.to_thread(lay_out)
    # From inside the folder: its own path may hold a newline.
    here = replace(git, cwd=folder)
    output = await here.run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=names)
    oids = output.stdout.decode().split()
    if len(oids) != len(blobs):
        raise WorkspaceError(f"git stored {len(oids)} of {len(blobs)} files. Try `git fsck`.")
    return oids


async def _commit_tree(git: Git, tree: str, parent: Commit, message: str) -> str:
    date = f"@{min(max(parent.seconds + 1, 0), _LAST_SECOND)} +0000"
    env = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", _NAME), ("EMAIL", _EMAIL), ("DATE", date))
    }
    output = await git.run(
        "commit-tree", tree, "-p", parent.oid, "-F", "-", stdin=message.encode(), env=env
    )
    return output.line
