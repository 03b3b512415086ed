"""Lines that resemble quoted ones: to apply a block that is nearly right, or to show what is there.

The work is bounded: what is compared was written by a model, on a file that anyone wrote.
"""

import difflib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

ENOUGH = 0.9
"""Share of the characters that must agree; below it the quotation is another text."""
MARGIN = 0.05
"""How much less alike the second best place must be."""

_WORTH_SHOWING = 0.5
_MOST_LENGTH = 400
"""Characters of a line that is compared; longer ones are equal or not."""
_MOST_COMPARED = 4000
"""Pairs of lines."""
_MOST_PLACES = 40
"""Starts that are looked at, best votes first."""
_MOST_VOTES = 200_000
_CONTEXT = 10
"""Lines shown."""


def similar(lines: Sequence[str], search: Sequence[str]) -> list[int]:
    """Starts of the runs that are as good as the best one; none when the best is not enough."""
    bare, wanted = [line.rstrip() for line in lines], [line.rstrip() for line in search]
    alike = _Alike()
    scores = {
        start: alike.run(bare[start : start + len(wanted)], wanted)
        for start in _starts(bare, wanted)
        if _same_indents(bare[start : start + len(wanted)], wanted)
    }
    best = max(scores.values(), default=0.0)
    if best < ENOUGH or alike.exhausted:
        return []
    return sorted(start for start, score in scores.items() if score > best - MARGIN)


def nearest(lines: Sequence[str], search: Sequence[str]) -> str:
    """About ten lines of the file where it is most like the quotation; none if nothing is."""
    bare, wanted = [line.strip() for line in lines], [line.strip() for line in search]
    alike = _Alike()
    best, found = 0.0, -1
    for start in _starts(bare, wanted, partly=True):
        pairs = zip(bare[start : start + len(wanted)], wanted, strict=False)
        score = max((alike.line(there, quoted) for there, quoted in pairs if quoted), default=0.0)
        score += alike.run(bare[start : start + len(wanted)], wanted)
        if score > best:
            best, found = score, start
    if best < _WORTH_SHOWING:
        return ""
    first = max(found - max((_CONTEXT - len(search)) // 2, 1), 0)
    return "\n".join(lines[first : first + _CONTEXT])


def _starts(lines: Sequence[str], wanted: Sequence[str], *, partly: bool = False) -> list[int]:
    """Where a run may begin: where most lines are equal, else where single lines are alike."""
    last = len(lines) - (1 if partly else len(wanted))
    votes: Counter[int] = Counter()
    at: defaultdict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        if line.strip():
            at[line].append(index)
    spent = 0
    for offset, line in enumerate(wanted):
        if spent < _MOST_VOTES:
            places = at.get(line, [])
            spent += len(places)
            votes.update(index - offset for index in places)
    equal = [start for start, _ in votes.most_common(_MOST_PLACES) if 0 <= start <= last]
    return equal or _by_one_line(lines, wanted, last)


def _by_one_line(lines: Sequence[str], wanted: Sequence[str], last: int) -> list[int]:
    """The longest quoted line is looked for among lines of about its length."""
    offset = max(range(len(wanted)), key=lambda index: len(wanted[index][:_MOST_LENGTH]))
    matcher = difflib.SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(wanted[offset][:_MOST_LENGTH])
    scored: list[tuple[float, int]] = []
    for index, line in _spread(lines):
        matcher.set_seq1(line[:_MOST_LENGTH])
        if matcher.real_quick_ratio() >= _WORTH_SHOWING:
            scored.append((matcher.quick_ratio(), index - offset))
    scored.sort(key=lambda pair: (-pair[0], pair[1]))
    return [start for _, start in scored[:_MOST_PLACES] if 0 <= start <= last]


def _spread(lines: Sequence[str]) -> Iterable[tuple[int, str]]:
    return ((i, line) for i, line in enumerate(lines[: 5 * _MOST_COMPARED]) if line.strip())


def _same_indents(window: Sequence[str], wanted: Sequence[str]) -> bool:
    """New lines come as quoted, so a quotation at another depth would be written at that depth."""
    pairs = zip(window, wanted, strict=True)
    return all(_indent(there) == _indent(quoted) for there, quoted in pairs)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


class _Alike:
    """How alike lines are, from 0 to 1, until the allowance is used up."""

    def __init__(self) -> None:
        self._left = _MOST_COMPARED
        self._known: dict[tuple[str, str], float] = {}

    @property
    def exhausted(self) -> bool:
        return self._left <= 0

    def line(self, there: str, quoted: str) -> float:
        if there == quoted:
            return 1.0
        if not there or not quoted or max(len(there), len(quoted)) > _MOST_LENGTH:
            return 0.0
        key = (there, quoted)
        if key not in self._known:
            self._left -= 1
            matcher = difflib.SequenceMatcher(None, there, quoted, autojunk=False)
            self._known[key] = 0.0 if self.exhausted else matcher.ratio()
        return self._known[key]

    def run(self, window: Sequence[str], wanted: Sequence[str]) -> float:
        pairs = list(zip(window, wanted, strict=False))
        weight = sum(len(there) + len(quoted) for there, quoted in pairs)
        if not weight or len(window) < len(wanted):
            return 0.0
        same = sum(self.line(a, b) * (len(a) + len(b)) for a, b in pairs)
        return same / weight
