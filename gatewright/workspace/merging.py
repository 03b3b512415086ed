"""A change made anew on another commit: by three-way merge of trees, without a worktree.

Git's own `merge-tree` would run the merge drivers that a repository's configuration names, and in
the version that Debian 12 has it cannot be given the base. Here only `git merge-file` is run, on
files of ours, which reads neither attributes nor programs from anywhere. Renames are not looked
for: a file that one side moved and the other changed is a conflict.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from gatewright.domain.edit import Conflict
from gatewright.workspace.commits import NewFile
from gatewright.workspace.git import Git
from gatewright.workspace.leases import lease
from gatewright.workspace.trees import Entry, Tree, read_contents

MOST_SHOWN = 3_000
"""Characters of the lines that two changes do not agree on; a model and a person read them."""
_MOST_CONFLICTS = 127
"""What git counts to, in `merge-file`'s exit status."""
_OURS, _THEIRS = "the steps before", "this step"


@dataclass(frozen=True, kw_only=True)
class Merge:
    """What a change comes to on another tree: files, None deleting one, or what stands against."""

    files: dict[str, NewFile | None] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)


async def merge_trees(git: Git, base: Tree, ours: Tree, theirs: Tree, *, scratch: Path) -> Merge:
    """What `theirs` changed of `base`, on `ours`; nothing is written to the repository.

    Raises: WorkspaceError when an object is missing.
    """
    merge = Merge()
    changed = [path for path in {**base, **theirs} if base.get(path) != theirs.get(path)]
    taken: dict[str, Entry] = {}
    both: list[str] = []
    for path in changed:
        if ours.get(path) == theirs.get(path):
            continue
        if ours.get(path) != base.get(path):
            both.append(path)
        elif path not in theirs:
            merge.files[path] = None
        elif theirs[path].mode == "160000":
            merge.conflicts.append(Conflict(path=path, why="It is a submodule."))
        else:
            taken[path] = theirs[path]
    contents = await read_contents(git, [entry.oid for entry in taken.values()])
    for path, entry in taken.items():
        merge.files[path] = NewFile(data=contents[entry.oid], mode=entry.mode)
    async with lease(scratch) as folder:
        for path in both:
            versions = _Versions(base.get(path), ours.get(path), theirs.get(path))
            found = await _merge_file(git, path, versions, folder)
            if isinstance(found, Conflict):
                merge.conflicts.append(found)
            else:
                merge.files[path] = found
    merge.conflicts.extend(_in_each_others_way(merge, ours))
    return merge


@dataclass(frozen=True)
class _Versions:
    """One path on the three sides; None: it is not there."""

    base: Entry | None
    ours: Entry | None
    theirs: Entry | None


async def _merge_file(git: Git, path: str, versions: _Versions, folder: Path) -> NewFile | Conflict:
    base, ours, theirs = versions.base, versions.ours, versions.theirs
    if base is None or ours is None or theirs is None:
        return Conflict(path=path, why=_only_there(versions))
    mode = theirs.mode if ours.mode == base.mode else ours.mode
    if not (base.regular and ours.regular and theirs.regular) or (
        theirs.mode not in (mode, base.mode)
    ):
        return Conflict(path=path, why="The steps before changed what kind of file it is.")
    contents = await read_contents(git, [base.oid, ours.oid, theirs.oid])
    sides = [contents[one.oid] for one in (ours, base, theirs)]
    if any(b"\0" in side for side in sides):
        return Conflict(path=path, why="The steps before changed the file, and it is no text.")
    merged, conflicts = await _merge_texts(git, sides, folder)
    if conflicts:
        return Conflict(path=path, why=_told(merged))
    return NewFile(data=merged, mode=mode)


def _only_there(versions: _Versions) -> str:
    if versions.base is None:
        return "The steps before made the file as well."
    if versions.ours is None:
        return "The steps before removed or moved the file."
    return "The steps before changed the file that this step removed."


async def _merge_texts(git: Git, sides: list[bytes], folder: Path) -> tuple[bytes, int]:
    """The merged text and how many conflicts are marked in it."""
    names = ("ours", "base", "theirs")

    def lay_out() -> None:
        for name, side in zip(names, sides, strict=True):
            (folder / name).write_bytes(side)

    await asyncio.to_thread(lay_out)
    # From inside the folder: its own path may begin with anything.
    here = replace(git, cwd=folder)
    output = await here.run(
        *("merge-file", "-p", "-q", "-L", _OURS, "-L", "before", "-L", _THEIRS),
        *names,
        accept=tuple(range(_MOST_CONFLICTS + 1)),
    )
    return output.stdout, output.returncode


def _told(merged: bytes) -> str:
    """The lines that both changed, as far as they are of use."""
    lines = merged.decode("utf-8", errors="replace").splitlines(keepends=True)
    said = "".join(_marked(lines))
    if len(said) > MOST_SHOWN:
        said = f"{said[:MOST_SHOWN]}\n... and more"
    return f"Both changed these lines, first as the steps before left them:\n{said}\n"


def _marked(lines: list[str]) -> Iterator[str]:
    inside = False
    for line in lines:
        inside = inside or line.startswith(f"<<<<<<< {_OURS}")
        if inside:
            yield line
        if line.startswith(f">>>>>>> {_THEIRS}"):
            inside = False


def _in_each_others_way(merge: Merge, ours: Tree) -> Iterator[Conflict]:
    """A file of one side where the other has a folder: git's index would let one replace the
    other without a word."""
    there = {path for path in ours if path not in merge.files}
    there |= {path for path, new in merge.files.items() if new is not None}
    folders = {str(parent) for path in there for parent in PurePosixPath(path).parents}
    for path in there & folders:
        yield Conflict(path=path, why="It is a file in one of the steps and a folder in another.")
