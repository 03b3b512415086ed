"""What the code under test did to be told apart from honest code; what the base did too is none.

Pure: two sessions in, findings out.
"""

from collections.abc import Collection, Iterator

from gatewright.domain.findings import Finding, Severity
from gatewright.workspace.gate.report import Session, Suspicion

INTROSPECTION = "introspection"
TAMPERING = "tampering"

_MOST_NAMES = 5

_MEANING = {
    "the gate's report": "touches the report of the test run",
    "a test's file": "opens a file of tests",
    "the code of a test": "reads the code of a test",
    "memory of a process": "opens the memory of a process",
    "a process that is given a test's file": "starts a process on a file of tests",
    "a report of the repository's making": "reports outcomes of tests by itself",
    "a plugin": "is a plugin of the test runner, or brings one",
    "os.kill": "kills the process that runs the tests",
    "os.killpg": "kills the processes that run the tests",
    "tb_frame": "takes the frames of its callers from a traceback (tb_frame)",
}


def tampering(base: Session, after: Session, *, allowed: bool) -> tuple[Finding, ...]:
    """Findings for what only the change does; `allowed` is whether the task lets code look."""
    return (*_looking(base, after, allowed=allowed), *_altering(base, after))


def _looking(base: Session, after: Session, *, allowed: bool) -> Iterator[Finding]:
    known = {(each.event, each.file) for each in base.suspicious}
    found: dict[tuple[str, str | None], Suspicion] = {}
    for each in after.suspicious:
        if (each.event, each.file) not in known:
            found.setdefault((each.event, each.file), each)
    severity: Severity = "note" if allowed else "blocking"
    for each in found.values():
        does = _MEANING.get(each.event, f"looks into the process that runs it ({each.event})")
        yield Finding(
            check="pytest",
            message=f"while the tests run, {_place(each)} {does}; the base does not. "
            "Let the code do its work without regard to who runs it, or let the task allow "
            "'introspection'.",
            file=each.file,
            line=each.line,
            rule=INTROSPECTION,
            severity=severity,
        )


def _altering(base: Session, after: Session) -> Iterator[Finding]:
    names = [name for name in dict.fromkeys(after.altered) if name not in _set(base.altered)]
    if not names:
        return
    shown = ", ".join(names[:_MOST_NAMES])
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    yield Finding(
        check="pytest",
        message=f"{shown}{more} were replaced while the tests ran: outcomes are not to be "
        "believed. Leave the test runner alone.",
        rule=TAMPERING,
    )


def _place(each: Suspicion) -> str:
    return each.file or "a thread of its own"


def _set(names: Collection[str]) -> frozenset[str]:
    return frozenset(names)
