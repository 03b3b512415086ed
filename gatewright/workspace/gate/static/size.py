"""The checks `size` and `scope`: how much a change alters, and whether the plan speaks of it."""

from pathlib import PurePosixPath

from gatewright.domain.findings import Finding
from gatewright.domain.protected import is_test
from gatewright.workspace.gate.changed import FileChange
from gatewright.workspace.gate.static.look import Look
from gatewright.workspace.gate.static.manifests import is_lock
from gatewright.workspace.gate.static.telling import tell

SIZE = "size"
SCOPE = "scope"

_DIARIES = ("changelog", "changes", "history", "news", "release_notes", "releasenotes", "whatsnew")
"""Files, and folders of fragments, that most changes add a line to."""


def size(look: Look) -> list[Finding]:
    """Lines added and deleted, and files.

    Lock files are not counted: a tool writes them. Nor are lines of new tests: more are better.
    """
    counted = [change for change in look.changes if not is_lock(change.path)]
    lines = sum(
        len(change.added) + change.deleted
        for change in counted
        if change.before is not None or not is_test(change.path)
    )
    counts = (
        (lines, look.policy.changed_lines, "lines"),
        (len(counted), look.policy.changed_files, "files"),
    )
    largest = max(counted, key=lambda each: len(each.added) + each.deleted, default=None)
    return [
        tell(
            SIZE,
            f"{count} {what} are changed; at most {most} at this risk. "
            "Leave out what the task does not ask for, or split it.",
            file=largest.path,
            rule=f"changed-{what}",
        )
        for count, most, what in counts
        if count > most and largest is not None
    ]


def scope(look: Look) -> list[Finding]:
    """Files that the plan does not name, but for new tests and the change log."""
    if not look.scope:
        return []
    named = {_plain(path) for path in look.scope}
    return [
        tell(
            SCOPE,
            f"the plan does not name {change.path}. Leave it as it is, or plan for it.",
            file=change.path,
            rule="outside-the-plan",
            severity=look.policy.scope,
        )
        for change in look.changes
        if not _inside(change, named)
    ]


def _inside(change: FileChange, named: set[str]) -> bool:
    path = PurePosixPath(change.path)
    if change.path in named or any(str(folder) in named for folder in path.parents):
        return True
    if change.before is None and is_test(change.path):
        return True
    words = [part.lower().partition(".")[0] for part in path.parts]
    return any(word in _DIARIES for word in words) and path.suffix != ".py"


def _plain(path: str) -> str:
    return PurePosixPath(path.strip()).as_posix()
