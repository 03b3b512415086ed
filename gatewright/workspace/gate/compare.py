"""What a linter says of a change and did not say of its base.

Findings are matched by file, rule and message and counted, never by line alone: code that moved
brings nothing new. Pure.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from gatewright.domain.findings import Finding

MOST_FINDINGS = 50

_PLACE = re.compile(r"\bline \d+")


class _Kind(NamedTuple):
    file: str | None
    rule: str | None
    message: str


def new_findings(
    base: Iterable[Finding], after: Iterable[Finding], *, gone: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Those of `after` that go beyond what the base had of their kind, in their order.

    Where a kind has become more frequent, those on lines that had it before are taken for the old
    ones. Findings of files in `gone` (deleted or renamed ones) also excuse the same elsewhere.
    """
    base, after = list(base), list(after)
    allowed = Counter(_kind(finding) for finding in base)
    lines = {(_kind(finding), finding.line) for finding in base}
    moved = Counter(_kind(finding)[1:] for finding in base if finding.file in gone)
    fresh: set[int] = set()
    by_age = sorted(enumerate(after), key=lambda pair: (_kind(pair[1]), pair[1].line) not in lines)
    for position, finding in by_age:
        kind = _kind(finding)
        if allowed[kind]:
            allowed[kind] -= 1
        elif moved[kind[1:]]:
            moved[kind[1:]] -= 1
        else:
            fresh.add(position)
    return tuple(finding for position, finding in enumerate(after) if position in fresh)


def capped(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """As many as somebody can use, and how many more there are."""
    if len(findings) <= MOST_FINDINGS:
        return tuple(findings)
    more = Finding(
        check=findings[0].check,
        message=f"… and {len(findings) - MOST_FINDINGS} more",
        severity=findings[MOST_FINDINGS].severity,
    )
    return (*findings[:MOST_FINDINGS], more)


def _kind(finding: Finding) -> _Kind:
    return _Kind(finding.file, finding.rule, _PLACE.sub("line …", finding.message))
