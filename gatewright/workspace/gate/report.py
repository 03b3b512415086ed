"""What a pytest run came to, read from the records of `inside/run_pytest.py`.

The records come from a process in which untrusted code has run: every line is checked for its
form and its digest, which only the key of its place gives (`inside/journal.py`), and a run counts
as complete only if nothing is missing.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from gatewright.domain.findings import Clean, Frozen
from gatewright.domain.secret_forms import redact

Outcome = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed", "unfinished"]

TEXT_LIMIT = 4000
_BELIEVED = ("failed", "broken")
_NO_TESTS = 5


class TestOutcome(Frozen):
    """What one test, or one file that could not be collected, came to."""

    __test__ = False

    outcome: Outcome
    message: Clean = ""
    file: str | None = None
    line: int | None = None


class Suspicion(Frozen):
    """Something that the code under test did, and that ordinary code has no need of."""

    event: str
    file: str | None = None
    line: int | None = None


class Lines(Frozen):
    """What a run did of one file; statements go by their first lines."""

    statements: frozenset[int]
    missing: frozenset[int]


class Session(Frozen):
    """One run of pytest."""

    tests: dict[str, TestOutcome] = Field(default_factory=dict)
    """By node id, in the order of collection."""
    uncollected: dict[str, TestOutcome] = Field(default_factory=dict)
    """Files (and classes) that failed to be collected or were skipped as a whole."""
    running: str | None = None
    """The test that had begun and did not end."""
    problem: str | None = None
    """Why the run is not to be trusted as complete; None when it is."""
    version: str | None = None
    again: dict[str, TestOutcome] = Field(default_factory=dict)
    """The second time of tests that were run twice in a row."""
    suspicious: tuple[Suspicion, ...] = ()
    altered: tuple[str, ...] = ()
    """Functions of pytest that were not the same any more while tests ran."""
    measured: bool = False
    """Whether lines were looked at, because that was asked for and possible."""
    lines: dict[str, Lines] = Field(default_factory=dict)


class _Record(BaseModel):
    pass


class _Start(_Record):
    kind: Literal["start"]
    version: str
    measured: bool = False


class _Collected(_Record):
    kind: Literal["collected"]
    ids: list[str]


class _NotCollected(_Record):
    kind: Literal["not_collected"]
    id: str
    outcome: Literal["failed", "skipped"]
    message: str = ""
    file: str | None = None
    line: int | None = None


class _Begin(_Record):
    kind: Literal["begin"]
    id: str


class _Phase(_Record):
    kind: Literal["phase"]
    id: str
    when: Literal["setup", "call", "teardown"]
    outcome: Literal["passed", "failed", "skipped"]
    xfail: bool = False
    message: str = ""
    file: str | None = None
    line: int | None = None
    round: int = 0


class _Suspicious(_Record):
    kind: Literal["suspicious"]
    event: str
    file: str | None = None
    line: int | None = None


class _Altered(_Record):
    kind: Literal["altered"]
    name: str


class _Canary(_Record):
    kind: Literal["canary"]
    when: Literal["first", "last"]
    outcomes: list[str]


class _Lines(_Record):
    kind: Literal["lines"]
    file: str
    statements: list[int]
    missing: list[int]


class _End(_Record):
    kind: Literal["end"]
    exit: int


_AnyRecord = (
    _Start
    | _Collected
    | _NotCollected
    | _Begin
    | _Phase
    | _Suspicious
    | _Altered
    | _Canary
    | _Lines
    | _End
)
_RECORD: TypeAdapter[_AnyRecord] = TypeAdapter(Annotated[_AnyRecord, Field(discriminator="kind")])


def read_session(text: str, *, token: str, renamed: Mapping[str, str] | None = None) -> Session:
    """Read the records of one run; whatever is wrong with them becomes `problem`.

    `renamed`: texts that are replaced wherever they are named, once the records are known for ours.
    """
    records: list[_AnyRecord] = []
    problem = None
    for record in _records(text, token=token, renamed=renamed or {}):
        if isinstance(record, str):
            problem = record
            break
        records.append(record)
    tests = _outcomes(records, number=0)
    starts = [record for record in records if isinstance(record, _Start)]
    return Session(
        tests=tests,
        uncollected={r.id: _not_collected(r) for r in records if isinstance(r, _NotCollected)},
        running=_running(records),
        problem=problem or _incomplete(records, tests),
        version=starts[0].version if starts else None,
        again=_outcomes(records, number=1),
        suspicious=tuple(
            Suspicion(event=r.event, file=r.file, line=r.line)
            for r in records
            if isinstance(r, _Suspicious)
        ),
        altered=tuple(r.name for r in records if isinstance(r, _Altered)),
        measured=any(start.measured for start in starts),
        lines={
            r.file: Lines(statements=frozenset(r.statements), missing=frozenset(r.missing))
            for r in records
            if isinstance(r, _Lines)
        },
    )


def _outcomes(records: list[_AnyRecord], *, number: int) -> dict[str, TestOutcome]:
    phases: dict[str, list[_Phase]] = {}
    if number == 0:
        collected = [r.ids for r in records if isinstance(r, _Collected)]
        phases = {name: [] for names in collected for name in names}
    for record in records:
        if isinstance(record, _Phase) and record.round == number:
            phases.setdefault(record.id, []).append(record)
    return {name: _outcome(of) for name, of in phases.items()}


def _records(text: str, *, token: str, renamed: Mapping[str, str]) -> Iterator[_AnyRecord | str]:
    """Each record, or at the first bad one what is wrong with it."""
    key = hashlib.sha256(token.encode()).digest()
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        digest, _, said = line.partition(" ")
        data = said.encode("utf-8", "replace")
        expected = hashlib.blake2b(data, key=key, digest_size=16).hexdigest()
        if not hmac.compare_digest(digest.encode("utf-8", "replace"), expected.encode()):
            yield f"line {number} of the report was not written by the gate"
            return
        key = hashlib.blake2b(key=key, digest_size=32).digest()
        for old, new in renamed.items():
            said = said.replace(old, new)
        try:
            yield _RECORD.validate_json(said)
        except ValidationError:
            yield f"the report is damaged in line {number}"
            return
    if text and not text.endswith("\n"):
        yield "the report breaks off in the middle of a line"


def _incomplete(records: list[_AnyRecord], tests: dict[str, TestOutcome]) -> str | None:
    if not any(isinstance(r, _Start) for r in records):
        return "pytest did not start"
    ends = [r for r in records if isinstance(r, _End)]
    if not ends:
        return "pytest was ended before it had finished"
    if records[-1] is not ends[0]:
        return "something was reported after the end"
    collected = any(isinstance(r, _Collected) for r in records)
    return _badly_ended(ends[0].exit, tests, collected=collected) or _fooled(records)


def _fooled(records: list[_AnyRecord]) -> str | None:
    """Whether tests that the gate made to fail were reported as anything else."""
    canaries = [r for r in records if isinstance(r, _Canary)]
    if [r.when for r in canaries] != ["first", "last"]:
        return "the gate's own failing tests were not run"
    for canary in canaries:
        if not canary.outcomes or not all(o.startswith(_BELIEVED) for o in canary.outcomes):
            return "a test of the gate's that must fail did not: outcomes are being changed"
    return None


def _badly_ended(code: int, tests: dict[str, TestOutcome], *, collected: bool) -> str | None:
    if code == _NO_TESTS and not tests:
        return None
    if code not in (0, 1):
        meaning = {2: "it was interrupted", 3: "an internal error", 4: "its options or settings"}
        return f"pytest stopped: {meaning.get(code, f'exit code {code}')}"
    if not collected:
        return "pytest ended without having collected"
    unfinished = [name for name, test in tests.items() if test.outcome == "unfinished"]
    if unfinished:
        return f"{len(unfinished)} collected tests did not finish, the first: {unfinished[0]!r}"
    return None


def _running(records: list[_AnyRecord]) -> str | None:
    begun: str | None = None
    for record in records:
        if isinstance(record, _Begin):
            begun = record.id
        elif isinstance(record, _Phase) and (record.id, record.when) == (begun, "teardown"):
            begun = None
    return begun


def _outcome(phases: list[_Phase]) -> TestOutcome:
    """One outcome from a test's phases; any failure counts, also a subtest's."""
    for phase in phases:
        if phase.outcome == "failed":
            return _of(phase, "failed" if phase.when == "call" else "error")
    if not phases or phases[-1].when != "teardown":
        return TestOutcome(outcome="unfinished")
    calls = [phase for phase in phases if phase.when == "call"]
    deciding = calls[-1] if calls else phases[0]
    if deciding.outcome == "skipped":
        return _of(deciding, "xfailed" if deciding.xfail else "skipped")
    if not calls:
        return TestOutcome(outcome="unfinished")
    return _of(deciding, "xpassed" if deciding.xfail else "passed")


def _not_collected(record: _NotCollected) -> TestOutcome:
    return _of(record, "error" if record.outcome == "failed" else "skipped")


def _of(record: _Phase | _NotCollected, outcome: Outcome) -> TestOutcome:
    return TestOutcome(
        outcome=outcome,
        # Before it is cut: half a secret would not be known for one.
        message=redact(record.message).text[:TEXT_LIMIT],
        file=record.file,
        line=record.line,
    )
