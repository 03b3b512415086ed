"""Put the base's tests and configuration back into a copy of the change; say what was altered."""

import os
import shutil
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from gatewright.domain.findings import Finding, Severity
from gatewright.domain.protected import is_configuration, is_test
from gatewright.domain.task import Allowance
from gatewright.workspace.gate.protected import same_configuration
from gatewright.workspace.gate.static.alterations import alteration

CHECK = "tests_intact"


@dataclass(frozen=True, kw_only=True)
class Guard:
    """What of a change is not its to make."""

    restore: tuple[str, ...]
    """Files that get the base's content back."""
    remove: tuple[str, ...]
    """Files that the base does not have."""
    findings: tuple[Finding, ...]


def inspect(base: Path, after: Path, *, allow: Collection[Allowance] = ()) -> Guard:
    """Compare a copy of the change with one of the base. Blocks.

    What the task allows stays as the change has it, and is told without blocking.
    """
    old, new = set(tree(base)), set(tree(after))
    restore: list[str] = []
    remove: list[str] = []
    findings: list[Finding] = []
    for path in sorted(old | new):
        if not (is_configuration(path) or (is_test(path) and path in old)):
            continue
        before, now = content(base / path), content(after / path)
        if _same(path, before, now):
            continue
        allowed = _allowance(path) in allow
        if not allowed:
            (restore if path in old else remove).append(path)
        findings.append(_finding(path, before, now, allowed=allowed))
    return Guard(restore=tuple(restore), remove=tuple(remove), findings=tuple(findings))


def enforce(guard: Guard, *, base: Path, copy: Path) -> None:
    """Bring a fresh copy of the change into the state that the checks are run on. Blocks."""
    for path in guard.remove:
        _clear(copy, path)
        (copy / path).unlink(missing_ok=True)
    for path in guard.restore:
        _clear(copy, path)
        target = copy / path
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        target.unlink(missing_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(base / path, target, follow_symlinks=False)


def tree(root: Path) -> Iterator[str]:
    """Files and links below a directory, as paths with `/`; links are not followed. Blocks."""
    for folder, folders, files in os.walk(root):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in (*files, *links):
            yield (Path(folder) / name).relative_to(root).as_posix()


def content(path: Path) -> bytes | None:
    """A file's bytes, or where a link leads; None when there is neither. Blocks."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return b"link to " + os.fsencode(path.readlink())
        return path.read_bytes() if stat.S_ISREG(mode) else None
    except (FileNotFoundError, NotADirectoryError):
        return None


def _same(path: str, before: bytes | None, after: bytes | None) -> bool:
    if is_configuration(path):
        return same_configuration(path, before, after)
    return before == after


def _finding(path: str, before: bytes | None, after: bytes | None, *, allowed: bool) -> Finding:
    # A name may hold bytes that are no text, which a record cannot.
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    return Finding(
        check=CHECK,
        message=_message(path, shown, before, after, allowed=allowed),
        file=shown,
        rule="configuration" if is_configuration(path) else "test",
        severity=_severity(after, allowed=allowed),
    )


def _severity(after: bytes | None, *, allowed: bool) -> Severity:
    if not allowed:
        return "blocking"
    return "warning" if after is None else "note"


def _message(
    path: str, shown: str, before: bytes | None, after: bytes | None, *, allowed: bool
) -> str:
    """What the change did to a protected file, for the implementer."""
    if is_configuration(path):
        did = "added" if before is None else "deleted" if after is None else "changed"
        said = f"{shown} was {did}: it says what the checks run, or how; "
        if allowed:
            return f"{said}the task allows that, and they ran with it."
        return f"{said}they ran without that. Leave it as it is on the base."
    did = alteration(before, after) if path.endswith(".py") or after is None else "edited"
    said = f"{shown} is a test of the base and was {did}; "
    if allowed:
        return f"{said}the task allows that, and the checks ran with the change's."
    return (
        f"{said}the checks ran with the base's. "
        "Leave it as it is and change the code; new tests go into new files."
    )


def _allowance(path: str) -> Allowance:
    return "configuration" if is_configuration(path) else "tests"


def _clear(copy: Path, path: str) -> None:
    """Remove links and files of the change that stand where the base has directories."""
    folder = copy
    for part in Path(path).parts[:-1]:
        folder /= part
        if folder.is_symlink() or folder.is_file():
            folder.unlink()
