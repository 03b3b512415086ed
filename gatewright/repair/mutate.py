"""Candidates: single edits of suspicious code, the likeliest first.

Pure. The order depends on nothing but the texts and the scores: suspicion of the line, times how
usual such a mistake is, times how well the edit fits its place, and a little less for each edit of
the same kind on the same line, so that every line's best edits of every kind come early.
"""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from gatewright.repair.canonical import form
from gatewright.repair.families.registry import KINDS
from gatewright.repair.fragments import Fragments, Part, fragments, parsed
from gatewright.repair.localise import Scores
from gatewright.repair.source import Source

MOST = 12_000
"""Candidates of one question."""
MOST_ALIKE = 150
"""Edits of one kind on one line."""
MIX = 0.025
"""What each further edit of a kind on a line costs: the fortieth counts for half."""


class Candidate(NamedTuple):
    """One replacement of bytes in one file."""

    path: str
    start: int
    end: int
    old: bytes
    new: bytes
    line: int
    """1-based, of the first byte that changes."""
    lines: int
    """How many lines change."""
    score: float
    family: str = ""
    """The kind of edit, for people and figures."""

    def applied(self, data: bytes) -> bytes:
        """The file with the edit."""
        return data[: self.start] + self.new + data[self.end :]


class _Raw(NamedTuple):
    """An edit that was proposed and not looked at yet."""

    score: float
    path: str
    start: int
    end: int
    new: str
    family: str
    line: int
    """Of the node that it changes."""


def candidates(
    files: Mapping[str, bytes], scores: Scores, *, leave: Collection[str] = ()
) -> list[Candidate]:
    """Edits of code that a failing test ran, each that means another once, the likeliest first.

    At most `MOST`; all parse. Files that do not parse, and those in `leave`, have none.
    """
    sources: dict[str, Source] = {}
    raw: list[_Raw] = []
    for path in sorted(set(scores) & set(files) - set(leave)):
        try:
            source = Source(path, files[path])
        except (SyntaxError, ValueError, RecursionError):
            continue
        sources[path] = source
        raw += proposed(source, scores[path])
    unique = _Unique({path: Fragments(source) for path, source in sources.items()})
    found: list[Candidate] = []
    for edit in _mixed(raw):
        candidate = _candidate(sources[edit.path], edit)
        if unique.is_new(candidate):
            found.append(candidate)
            if len(found) == MOST:
                break
    return found


def proposed(source: Source, scores: Mapping[int, float]) -> Iterator[_Raw]:
    """The edits of one file, in no order that matters; the same text may come twice."""
    suspicions: dict[ast.AST, float] = {}
    for node in source.nodes():
        kinds = KINDS.get(type(node))
        if kinds is None:
            continue
        # An edit may be of a part of the node: the node's own lines say whether to look.
        if not _may_matter(node, scores):
            continue
        for name, family in kinds:
            for edit in family(source, node):
                if edit.node not in suspicions:
                    suspicions[edit.node] = _suspicion(source, edit.node, scores)
                if suspicion := suspicions[edit.node]:
                    score = suspicion * edit.prior
                    line: int = getattr(edit.node, "lineno", 0)
                    yield _Raw(score, source.path, edit.start, edit.end, edit.new, name, line)


def is_sound(candidate: Candidate, data: bytes) -> bool:
    """Whether the file still parses, and is another."""
    if candidate.old == candidate.new:
        return False
    known = fragments(data)
    if known is None:
        return parsed(candidate.applied(data)) is not None
    start, end, new = candidate.start, candidate.end, candidate.new
    part = known.part(start, end, new)
    return parsed(known.text(part, start, end, new)) is not None


class _Unique:
    """Which results were seen, by canonical form."""

    def __init__(self, files: Mapping[str, Fragments]) -> None:
        self._files = files
        self._seen: set[tuple[str, int, bool, object]] = set()
        self._known: set[tuple[str, Part]] = set()
        self._texts: set[tuple[str, int, bytes, bytes]] = set()

    def is_new(self, candidate: Candidate) -> bool:
        """Whether the edit parses, changes the meaning, and to what no edit before it did."""
        start, end, new = candidate.start, candidate.end, candidate.new
        fragment = self._files[candidate.path]
        text = (candidate.path, *fragment.leftmost(start, candidate.old, new))
        if text in self._texts:
            return False
        self._texts.add(text)
        part = fragment.part(start, end, new)
        if (candidate.path, part) not in self._known:
            self._known.add((candidate.path, part))
            before = parsed(fragment.text(part, start, start, b""))
            if before is not None:
                self._seen.add((candidate.path, part.start, part.header, form(before.body)))
        after = parsed(fragment.text(part, start, end, new))
        if after is None:
            return False
        key = (candidate.path, part.start, part.header, form(after.body))
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def _may_matter(node: ast.AST, scores: Mapping[int, float]) -> bool:
    """Whether a failing test ran a line of the node, or of its head if it is a block."""
    first: int = getattr(node, "lineno", 0)
    last: int = getattr(node, "end_lineno", first) or first
    if last - first > 40:
        return True
    return any(line in scores for line in range(first - 12, last + 13))


def _mixed(raw: list[_Raw]) -> list[_Raw]:
    """The likeliest first, no text twice, edits of a kind on a line each a little less likely."""
    best: dict[tuple[str, int, int, str], _Raw] = {}
    for edit in raw:
        key = edit[1:5]
        if key not in best or best[key].score < edit.score:
            best[key] = edit
    alike: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    mixed: list[_Raw] = []
    for edit in sorted(best.values(), key=_order):
        place = (edit.path, edit.family, edit.line)
        if alike[place] < MOST_ALIKE:
            mixed.append(edit._replace(score=round(edit.score / (1 + MIX * alike[place]), 9)))
            alike[place] += 1
    return sorted(mixed, key=_order)[: 2 * MOST]


def _suspicion(source: Source, node: ast.AST, scores: Mapping[int, float]) -> float:
    """Of the node's own first line, else of the statement up to the node's end.

    Python does not report every line of an expression that goes over several. A definition is as
    suspicious as its body, whose decorators and defaults it has.
    """
    line: int = getattr(node, "lineno", 0)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        lines = range(line, (node.end_lineno or line) + 1)
        return max((scores.get(number, 0.0) for number in lines), default=0.0)
    if line in scores:
        return scores[line]
    statement = source.statement(node)
    if statement is None:
        return 0.0
    last: int = getattr(node, "end_lineno", line)
    if isinstance(node, ast.stmt) and hasattr(node, "body"):
        last = line
    return max((scores.get(n, 0.0) for n in range(statement.lineno, last + 1)), default=0.0)


def _candidate(source: Source, edit: _Raw) -> Candidate:
    """The edit without what is the same before and after at both its ends."""
    old, new = source.data[edit.start : edit.end], edit.new.encode()
    head = _same(old, new)
    tail = _same(old[head:][::-1], new[head:][::-1])
    start, end = edit.start + head, edit.end - tail
    old, new = source.data[start:end], new[head : len(new) - tail]
    return Candidate(
        path=source.path,
        start=start,
        end=end,
        old=old,
        new=new,
        line=source.line(start),
        lines=1 + max(old.count(b"\n"), new.count(b"\n")),
        score=edit.score,
        family=edit.family,
    )


def _same(left: bytes, right: bytes) -> int:
    """How many bytes the two begin with in common."""
    pairs = zip(left, right, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(left), len(right)))


def _order(edit: _Raw) -> tuple[float, str, int, int, str]:
    return (-edit.score, *edit[1:5])
