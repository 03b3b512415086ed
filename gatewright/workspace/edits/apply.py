"""A change set on the files of a commit: what they become, all together or not at all."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from gatewright.domain.edit import (
    ChangeSet,
    DeleteFile,
    FileEdit,
    RenameFile,
    ReplaceBlocks,
    WriteFile,
)
from gatewright.domain.errors import EditRefused
from gatewright.domain.findings import Finding
from gatewright.workspace.edits.blocks import replaced
from gatewright.workspace.edits.draft import Blob, Draft
from gatewright.workspace.edits.elision import check_complete
from gatewright.workspace.edits.text import MOST_NEW, decode, written

__all__ = ["Blob", "Edited", "edit"]

MOST_EDITS = 500
"""In one change set."""


@dataclass(frozen=True, kw_only=True)
class Edited:
    """What came of a change set."""

    files: Mapping[str, Blob | None]
    """By path, sorted; None: deleted. Only what differs from the parent."""
    notes: tuple[Finding, ...]
    """How text was matched when not exactly, and edits that were in place already."""


def edit(changes: ChangeSet, read: Callable[[str], Blob | None], paths: Collection[str]) -> Edited:
    """Apply edits in order, later ones seeing earlier ones; nothing is written.

    `read` gives the parent's content by path (None: no such file), `paths` all its files.
    Raises: EditRefused (EditMismatch, UnsafePath) for the first edit that does not apply.
    """
    if not changes.edits:
        raise EditRefused("(no file)", "the answer holds no edit; give at least one")
    if len(changes.edits) > MOST_EDITS:
        raise EditRefused("(no file)", f"{len(changes.edits)} edits; at most {MOST_EDITS} at once")
    draft = Draft(read, paths)
    notes: list[Finding] = []
    for one in changes.edits:
        notes += _apply(draft, one)
    return Edited(files=draft.changes(), notes=tuple(notes))


def _apply(draft: Draft, one: FileEdit) -> list[Finding]:
    match one:
        case WriteFile():
            return _write(draft, one)
        case ReplaceBlocks():
            return _replace(draft, one)
        case DeleteFile():
            return _delete(draft, one)
        case RenameFile():
            return _rename(draft, one)


def _write(draft: Draft, one: WriteFile) -> list[Finding]:
    _check_new_text(one.path, one.content)
    blob = draft.text_file(one.path)
    old = None if blob is None else decode(one.path, blob.data)
    check_complete(one.path, one.content, () if old is None else [line.text for line in old.lines])
    data = written(old, one.content).encode()
    if blob is not None and data == blob.data:
        return [_note(one.path, "the file is already as it was written")]
    draft.put(one.path, Blob(data=data, kind="file" if blob is None else blob.kind))
    return []


def _replace(draft: Draft, one: ReplaceBlocks) -> list[Finding]:
    if not one.blocks:
        raise EditRefused(one.path, "no block is given; say which lines become which")
    _check_new_text(one.path, "".join(block.search + block.replace for block in one.blocks))
    blob = draft.text_file(one.path)
    old = None if blob is None else decode(one.path, blob.data)
    result = replaced(one.path, old, one.blocks)
    draft.put(one.path, Blob(data=result.text.encode(), kind="file" if blob is None else blob.kind))
    return list(result.notes)


def _delete(draft: Draft, one: DeleteFile) -> list[Finding]:
    blob = draft.get(one.path)
    if blob is None:
        raise EditRefused(one.path, "there is no such file to delete")
    if blob.kind == "submodule":
        draft.text_file(one.path)
    draft.remove(one.path)
    return []


def _rename(draft: Draft, one: RenameFile) -> list[Finding]:
    blob = draft.text_file(one.path)
    if blob is None:
        raise EditRefused(one.path, "there is no such file to rename")
    if draft.get(one.to) is not None:
        raise EditRefused(one.to, f"it is there already; {one.path!r} cannot be renamed to it")
    draft.remove(one.path)
    draft.put(one.to, blob)
    return []


def _check_new_text(path: str, text: str) -> None:
    if "\0" in text:
        raise EditRefused(path, "the new text holds a NUL character; only text can be written")
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise EditRefused(path, f"the new text is not Unicode text ({error.reason})") from None
    if size > MOST_NEW:
        raise EditRefused(path, f"the new text has {size} bytes; at most {MOST_NEW} at once")


def _note(path: str, message: str) -> Finding:
    return Finding(check="edit", severity="note", file=path, message=message)
