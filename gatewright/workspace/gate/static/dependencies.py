"""The check `dependencies`: what a project asks for, compared by meaning and not by text."""

import re
from collections.abc import Callable, Iterator

from gatewright.domain.findings import Finding, Severity
from gatewright.workspace.gate.changed import FileChange
from gatewright.workspace.gate.static.look import Look
from gatewright.workspace.gate.static.manifests import reader
from gatewright.workspace.gate.static.requirements import Requirements, Unread
from gatewright.workspace.gate.static.telling import short, tell

CHECK = "dependencies"

_DIRECT = re.compile(
    r"://|\bgit\+|^(git|github|gitlab|bitbucket|file|link|portal):|git@|(^|[\s@\"'=])\.{0,2}/"
    r"|\"(git|path|url|hg|svn|registry|branch|rev)\":",
    re.IGNORECASE,
)
_SOURCES = re.compile(
    r"^(--?(extra-)?index-url|-i\b|--?find-links|-f\b|--?trusted-host|-e\b|--?editable|--?no-index"
    r"|dependency-links|channels|uv\.(sources|index|index-url|extra-index-url|find-links)"
    r"|poetry\.source|pdm\.source|source|replace|patch)",
    re.IGNORECASE,
)
"""Places and options that say whence packages come."""


def dependencies(look: Look) -> list[Finding]:
    """One finding for each requirement that was added, removed or changed."""
    return [finding for change in look.changes for finding in _of(change, look.policy.dependencies)]


def _of(change: FileChange, severity: Severity) -> Iterator[Finding]:
    read = reader(change.path)
    if read is None:
        return
    before, after = _read(read, change.before), _read(read, change.after)
    if before is None or after is None:
        # A template, where it could not be read before either.
        worst: Severity = severity if before is None else "blocking"
        message = "cannot be read, so nobody can say what it asks for"
        yield _told(change, "unreadable", message, line=None, severity=worst)
        return
    if "content" in before or "content" in after:
        if before != after:
            message = "was changed, and decides what is installed"
            yield _told(change, "locked", message, line=None, severity=severity)
        return
    for name in sorted({*before, *after}):
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        direct = now is not None and _is_direct(name, now)
        yield _told(
            change,
            "direct" if direct else "requirement",
            _difference(name, was, now) + (", from a place of its own" if direct else ""),
            line=_line(change, name),
            severity="blocking" if direct else severity,
        )


def _read(read: Callable[[str], Requirements], data: bytes | None) -> Requirements | None:
    try:
        return read((data or b"").decode("utf-8-sig", "replace"))
    except Unread:
        return None


def _is_direct(name: str, version: str) -> bool:
    """Whether it is fetched from elsewhere than the usual index."""
    bare = name.partition(": ")[2] or name
    return any(_DIRECT.search(text) for text in (bare, version)) or bool(
        _SOURCES.match(name) or _SOURCES.match(bare)
    )


def _difference(name: str, was: str | None, now: str | None) -> str:
    if was is None:
        return f"{short(name)} {short(now or '')} was added"
    if now is None:
        return f"{short(name)} {short(was)} was removed"
    return f"{short(name)} was changed: {short(was)} -> {short(now)}"


def _line(change: FileChange, name: str) -> int | None:
    """A new line that holds the name, as good as text can tell."""
    words = re.sub(r"\[.*", "", name.partition(": ")[2] or name).lower().split()
    lines = change.text.splitlines()
    for number in sorted(change.added):
        held = re.sub(r"[-_.]+", "-", lines[number - 1].lower()) if number <= len(lines) else ""
        if words and words[0] in held:
            return number
    return None


def _told(
    change: FileChange, rule: str, what: str, *, line: int | None, severity: Severity
) -> Finding:
    return tell(
        CHECK,
        f"{change.path}: {what}. Do without, or let the task allow dependencies.",
        file=change.path,
        line=line,
        rule=rule,
        severity=severity,
    )
