"""Whether a loop leads nowhere: attempts that end alike, or go back and forth. Pure."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence

from gatewright.domain.findings import Finding, Frozen
from gatewright.domain.gate import GateReport
from gatewright.domain.plan import Plan

_ADDRESS = re.compile(r"0x[0-9a-f]+")
_DURATION = re.compile(r"\b\d+(?:\.\d+)?\s?(?:ms|s|secs?|seconds?)\b")
_FOLDERS = re.compile(r"/(?:[^\s/:'\"]+/)+")


class End(Frozen):
    """How one attempt of a loop ended, as names that are the same for what is the same."""

    made: str
    """Of what was made: a tree, or a digest; empty: not known."""
    wrong: str = ""
    """Of what was found wrong with it; empty: not known."""
    by: str = ""
    """Who made it, as actually used."""
    then: str = ""
    """Who was to be asked if it failed; empty: nobody else."""


def repetition(ends: Sequence[End], *, same: int, noun: str = "change") -> str:
    """What repeats, in words; empty while nothing does. `ends` are of one loop, oldest first.

    `same` attempts with the same result, or so many of one with another one's between them, are a
    repetition; fewer than 2: nobody looks. While somebody who made none of them is to be asked
    next, the loop may still lead somewhere.
    """
    if same < 2 or len(ends) < same:
        return ""
    last = ends[-same:]
    if _alike(last, [end.made for end in last]):
        return f"the same {noun} was made {same} times in a row"
    turns = ends[-(2 * same - 1) :]
    if _in_turn(turns, same):
        return f"the attempts go back and forth between two {noun}s"
    if _alike(last, [end.wrong for end in last]):
        return f"{same} attempts in a row ended with the same findings"
    return ""


def _alike(ends: Sequence[End], names: Sequence[str]) -> bool:
    return bool(names[0]) and len(set(names)) == 1 and not _another_next(ends)


def _in_turn(ends: Sequence[End], same: int) -> bool:
    made = [end.made for end in ends]
    if len(made) < 2 * same - 1 or not all(made):
        return False
    one, other = set(made[::2]), set(made[1::2])
    return len(one) == len(other) == 1 and one != other and not _another_next(ends)


def _another_next(ends: Sequence[End]) -> bool:
    return bool(ends[-1].then) and ends[-1].then not in {end.by for end in ends}


def plan_name(plan: Plan) -> str:
    """The same for plans of the same steps, whatever reasons they give."""
    return _digest([step.model_dump(mode="json") for step in plan.steps])


def findings_name(findings: Iterable[Finding]) -> str:
    """The same for the same blocking findings, wherever they moved to; empty for none."""
    said = {
        (finding.check, finding.rule or "", finding.file or "", _settled(finding.message))
        for finding in findings
        if finding.severity == "blocking"
    }
    return _digest(sorted(said)) if said else ""


def report_name(report: GateReport) -> str:
    """The same for gates that fail alike; a check that came to no verdict counts by its error."""
    silent = [
        Finding(check=check.check, rule=check.status, message=check.summary)
        for check in report.checks
        if check.status in ("failed", "error") and not check.findings
    ]
    return findings_name([*report.findings, *silent])


def text_name(text: str) -> str:
    """The same for the same words, but for white space at the ends."""
    return _digest(text.strip())


def _settled(message: str) -> str:
    """Without what differs from run to run: addresses, durations, folders, white space."""
    text = " ".join(message.casefold().split())
    text = _ADDRESS.sub("0x", _DURATION.sub("a while", text))
    return _FOLDERS.sub("/", text)


def _digest(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
