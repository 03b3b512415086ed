"""What a job of kind `try` asks for, known to all processes that take part in it."""

import base64
from typing import Any, NamedTuple

from gatewright.repair.inside.bench import Plan
from gatewright.repair.inside.pieces import Edit

Json = dict[str, Any]


class Errand(NamedTuple):
    """One child to be run."""

    serial: int
    number: int
    """The place of its patch in the batch; -1 is the code as it is."""
    slot: int
    failing: bool
    """Whether it begins with the failing tests."""
    keep: tuple[int, ...]
    """Then these, that passed before, by their numbers."""
    survey: bool = False
    """Say of each test whether it passes."""


class Batch:
    """Patches, the tests that they are tried with, and what a test may take."""

    def __init__(self, job: Json) -> None:
        self.failing: tuple[str, ...] = tuple(job["failing"])
        self.passing: tuple[str, ...] = tuple(job["passing"])
        self.files = tuple(dict.fromkeys(name.partition("::")[0] for name in self.failing))
        self.texts = {path: base64.b64decode(data) for path, data in job["files"].items()}
        self._patches: list[dict[str, list[Edit]]] = [_edits(edits) for edits in job["patches"]]
        self._keeps: list[list[int]] = job["keeps"]
        self._keep_of: list[int] = job["keep_of"]
        self._limits: Json = job["limits"]
        self._plans: dict[tuple[bool, tuple[int, ...], bool], Plan] = {}
        self.wall_s: float = job["wall_s"]
        self.start_s: float = job["start_s"]
        """Of the processor, before the first test."""
        self.more: int = job["more"]

    def __len__(self) -> int:
        return len(self._patches)

    def edits(self, number: int) -> dict[str, list[Edit]]:
        """By path; none for the code as it is."""
        return self._patches[number] if number >= 0 else {}

    def changed(self, number: int) -> dict[str, bytes]:
        """The changed files."""
        return _changed(self.texts, self.edits(number))

    def keep(self, number: int) -> tuple[int, ...]:
        """The tests that passed before and ran what the patch changes."""
        return tuple(self._keeps[self._keep_of[number]])

    def plan(self, errand: Errand) -> Plan:
        """The tests of an errand, the failing ones first."""
        key = (errand.failing, errand.keep, errand.survey)
        if key not in self._plans:
            self._plans[key] = self._plan(errand)
        return self._plans[key]

    def _plan(self, errand: Errand) -> Plan:
        failing = self.failing if errand.failing else ()
        limits = self._limits
        kept = [limits["passing"][number] for number in errand.keep]
        pairs = [limits["failing"]] * len(failing) + kept
        return Plan(
            tests=(*failing, *(self.passing[number] for number in errand.keep)),
            limits=tuple(cpu for cpu, _ in pairs),
            waits=tuple(wait for _, wait in pairs),
            survey=errand.survey,
        )


def edited(texts: dict[str, bytes], edits: list[list[Any]]) -> dict[str, bytes]:
    """The changed files; edits do not overlap."""
    return _changed(texts, _edits(edits))


def _changed(texts: dict[str, bytes], by_path: dict[str, list[Edit]]) -> dict[str, bytes]:
    after = {}
    for path, edits in by_path.items():
        text = texts[path]
        for edit in sorted(edits, reverse=True):
            text = text[: edit.start] + edit.new + text[edit.end :]
        after[path] = text
    return after


def _edits(edits: "list[list[Any]] | None") -> dict[str, list[Edit]]:
    found: dict[str, list[Edit]] = {}
    for path, start, end, new in edits or ():
        found.setdefault(path, []).append(Edit(start, end, str(new).encode()))
    return found
