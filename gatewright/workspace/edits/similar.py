"""Lines that resemble quoted ones: to apply a block that is nearly right, or to show what is there.

The work is bounded: what is compared was written by a model, on a file that anyone wrote.
"""

import difflib
from collections import Counter, defaultdict
from collections.abc import Sequence

ENOUGH = 0.9
"""Share of the characters that must agree; below it the quotation is another text."""
MARGIN = 0.05
"""How much less alike the second best place must be."""

_LEAST_LINE = 0.6
"""How alike each line must be: a long quotation must not cover a line that it never had."""

_WORTH_SHOWING = 0.5
_MOST_LENGTH = 200
"""Characters of a line that is compared; longer ones are equal or not."""
_MOST_COMPARED = 4_000_000
"""Characters times characters of the pairs of lines that are compared."""
_MOST_LINES = 20_000
"""Of a file."""
_MOST_QUOTED = 500
"""Lines; a longer quotation is found exactly or not at all."""
_MOST_PLACES = 40
"""Starts that are looked at, the most promising first."""
_MOST_VOTES = 200_000
_CONTEXT = 10
"""Lines shown."""


def similar(lines: Sequence[str], search: Sequence[str]) -> list[int]:
    """Starts of the runs that are as good as the best one; none when the best is not enough."""
    bare, wanted = [line.rstrip() for line in lines], [line.rstrip() for line in search]
    if len(lines) > _MOST_LINES or len(search) > _MOST_QUOTED:
        return []
    alike = _Alike()
    scores: dict[int, float] = {}
    for start in _starts(bare, wanted):
        window = bare[start : start + len(wanted)]
        if _same_indents(window, wanted):
            # Indentation that agrees anyhow must not make short lines look alike.
            scores[start] = alike.run(_stripped(window), _stripped(wanted), least=_LEAST_LINE)
    best = max(scores.values(), default=0.0)
    if best < ENOUGH or alike.exhausted:
        return []
    return sorted(start for start, score in scores.items() if score > best - MARGIN)


def nearest(lines: Sequence[str], search: Sequence[str]) -> str:
    """About ten lines of the file where it is most like the quotation; none if nothing is."""
    bare = [line.strip() for line in lines[:_MOST_LINES]]
    wanted = [line.strip() for line in search[:_MOST_QUOTED]]
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
    first = found - max((_CONTEXT - len(search)) // 2, 1)
    first = max(min(first, len(lines) - _CONTEXT), 0)
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
    ranked = [(float(number), start) for start, number in votes.items() if 0 <= start <= last]
    return _best(ranked or _by_one_line(lines, wanted, last), partly=partly)


def _best(ranked: list[tuple[float, int]], *, partly: bool) -> list[int]:
    """The most promising; all that are as good as one left out are left out, unless `partly`."""
    ranked.sort(key=lambda pair: (-pair[0], pair[1]))
    most, rest = ranked[:_MOST_PLACES], ranked[_MOST_PLACES:]
    cut = rest[0][0] if rest and not partly else -1.0
    return [start for score, start in most if score > cut]


def _by_one_line(lines: Sequence[str], wanted: Sequence[str], last: int) -> list[tuple[float, int]]:
    """The longest quoted line is looked for among lines of about its length."""
    offset = max(range(len(wanted)), key=lambda index: len(wanted[index][:_MOST_LENGTH]))
    matcher = difflib.SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(wanted[offset][:_MOST_LENGTH])
    scored: list[tuple[float, int]] = []
    for index, line in enumerate(lines):
        matcher.set_seq1(line[:_MOST_LENGTH])
        fits = 0 <= index - offset <= last and bool(line.strip())
        if fits and matcher.real_quick_ratio() >= _WORTH_SHOWING:
            scored.append((matcher.quick_ratio(), index - offset))
    return scored


def _same_indents(window: Sequence[str], wanted: Sequence[str]) -> bool:
    """New lines come as quoted, so a quotation at another depth would be written at that depth."""
    pairs = zip(window, wanted, strict=True)
    return all(_indent(there) == _indent(quoted) for there, quoted in pairs)


def _stripped(lines: Sequence[str]) -> list[str]:
    return [line.lstrip() for line in lines]


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
            self._left -= len(there) * len(quoted)
            matcher = difflib.SequenceMatcher(None, there, quoted, autojunk=False)
            self._known[key] = 0.0 if self.exhausted else matcher.ratio()
        return self._known[key]

    def run(self, window: Sequence[str], wanted: Sequence[str], *, least: float = 0.0) -> float:
        """0 when a line is less alike than `least`."""
        pairs = list(zip(window, wanted, strict=False))
        weight = sum(len(there) + len(quoted) for there, quoted in pairs)
        if not weight or len(window) < len(wanted):
            return 0.0
        ratios = [self.line(there, quoted) for there, quoted in pairs]
        if min(ratios) < least:
            return 0.0
        same = sum(
            ratio * (len(there) + len(quoted))
            for ratio, (there, quoted) in zip(ratios, pairs, strict=True)
        )
        return same / weight
