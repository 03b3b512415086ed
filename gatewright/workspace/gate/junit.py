"""A JUnit report as some tool wrote it, and what has become of its tests since the base. Pure.

The format has no standard; read is what the tools of all languages agree on: `testsuite` and
`testcase` with `classname`, `name`, `file` and `line`, and `failure`, `error` and `skipped` below.
Written by a process in which untrusted code has run: a document type is refused, and with it every
entity; depth, number and text are bounded.
"""

from collections.abc import Collection, Mapping
from typing import Any
from xml.parsers import expat

from gatewright.domain.findings import Clean, Finding, Frozen
from gatewright.workspace.gate.unreadable import Unreadable

_DEEPEST = 64
_MOST_CASES = 200_000
_NAME_LIMIT = 500
_TEXT_LIMIT = 1500

_NOT_RUN = ("notrun", "skipped", "disabled", "suppressed", "ignored")
"""Values of `status` and `result` (GoogleTest, Catch2) for what did not run."""


class Case(Frozen):
    """How often tests of one name passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    message: Clean = ""
    """Of the first failure."""
    file: str | None = None
    line: int | None = None

    @property
    def total(self) -> int:
        """Of every outcome."""
        return self.passed + self.failed + self.skipped


def read_junit(data: bytes) -> dict[str, Case]:
    """Every test by its class and name.

    Raises: Unreadable, also for a report that counts failures and lists none.
    """
    reading = _Reading()
    try:
        reading.read(data)
    except expat.ExpatError as error:
        raise Unreadable(f"it is not well-formed XML: {error}") from None
    except (ValueError, LookupError, RecursionError) as error:
        raise Unreadable(f"it is no XML that can be read: {error}") from None
    if reading.counted and not any(case.failed for case in reading.cases.values()):
        raise Unreadable(f"it counts {reading.counted} failures and lists none")
    return reading.cases


def new_failures(
    check: str, base: Mapping[str, Case], after: Mapping[str, Case]
) -> tuple[Finding, ...]:
    """Tests that fail more often than on the base, that are gone, or that no longer run."""
    found = []
    for name, case in after.items():
        before = base.get(name, Case())
        if case.failed > before.failed:
            said = f"{name} failed: {case.message}" if case.message else f"{name} failed"
            found.append(_finding(check, said, name, case))
        elif case.skipped > before.skipped and _ran(case) < _ran(before):
            found.append(_finding(check, f"{name} is skipped; on the base it ran", name, case))
    for name, before in base.items():
        total = after[name].total if name in after else 0
        if total < before.total and _ran(before):
            found.append(_finding(check, f"{name} is gone; the base has it", name, before))
    return tuple(found)


def _ran(case: Case) -> int:
    return case.passed + case.failed


def _finding(check: str, message: str, name: str, case: Case) -> Finding:
    return Finding(check=check, message=message, file=case.file, line=case.line, rule=name)


class _Reading:
    """One pass over a document."""

    def __init__(self) -> None:
        self.cases: dict[str, Case] = {}
        self.counted = 0
        """The failures and errors that the suites say they had; the largest number of them."""
        self._suites: list[str] = []
        self._depth = 0
        self._case: dict[str, str] | None = None
        self._outcome = "passed"
        self._message = ""
        self._text: list[str] | None = None

    def read(self, data: bytes) -> None:
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.Parse(data, True)

    def _refuse(self, *_: object) -> None:
        raise Unreadable("it declares a document type, which no JUnit report needs")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        kind = name.rpartition(":")[2]
        if self._depth == 1 and kind not in ("testsuites", "testsuite"):
            raise Unreadable(f"it is no JUnit report: its root is {name[:40]!r}")
        if self._depth > _DEEPEST:
            raise Unreadable(f"its elements are nested more than {_DEEPEST} deep")
        if kind in ("testsuites", "testsuite"):
            self._suites.append(attributes.get("name", ""))
            declared = _number(attributes.get("failures")) + _number(attributes.get("errors"))
            self.counted = max(self.counted, declared)
        elif kind == "testcase":
            self._open(dict(attributes))
        elif kind in ("failure", "error"):
            if self._case is None:
                self._open({"name": "(suite)"})
            self._outcome = "failed"
            self._message = self._message or attributes.get("message", "")
            self._text = []
        elif kind == "skipped" and self._outcome == "passed":
            self._outcome = "skipped"

    def _open(self, attributes: dict[str, str]) -> None:
        self._case = attributes
        values = (attributes.get("status", "").lower(), attributes.get("result", "").lower())
        self._outcome = "skipped" if any(value in _NOT_RUN for value in values) else "passed"
        self._message = ""

    def _end(self, name: str) -> None:
        self._depth -= 1
        kind = name.rpartition(":")[2]
        if kind in ("testsuites", "testsuite") and self._suites:
            self._suites.pop()
        elif kind in ("failure", "error"):
            text = "".join(self._text or ()).strip()
            self._text = None
            self._message = self._message or text
            if self._case is not None and self._case.get("name") == "(suite)":
                self._close()
        elif kind == "testcase":
            self._close()

    def _characters(self, text: str) -> None:
        if self._text is not None and len(self._text) < _TEXT_LIMIT:
            self._text.append(text[:_TEXT_LIMIT])

    def _close(self) -> None:
        attributes, self._case = self._case or {}, None
        of = attributes.get("classname") or (self._suites[-1] if self._suites else "")
        name = f"{of[:_NAME_LIMIT]}::{attributes.get('name', '')[:_NAME_LIMIT]}"
        if name not in self.cases and len(self.cases) >= _MOST_CASES:
            raise Unreadable(f"it lists more than {_MOST_CASES} tests")
        case = self.cases.get(name, Case())
        update: dict[str, Any] = {self._outcome: getattr(case, self._outcome) + 1}
        if case.message == "" and self._outcome == "failed":
            update["message"] = self._message.strip()[:_TEXT_LIMIT]
        if case.file is None and attributes.get("file"):
            update["file"] = attributes["file"].removeprefix("./")[:_NAME_LIMIT]
            update["line"] = _number(attributes.get("line")) or None
        self.cases[name] = case.model_copy(update=update)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def failing(cases: Collection[Case]) -> int:
    """How many tests failed."""
    return sum(case.failed for case in cases)
