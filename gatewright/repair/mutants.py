"""Which mutants of changed lines are worth a try, and in what order.

Pure. Only edits that seldom leave the meaning as it is, so that one which no test notices says
something about the tests.
"""

import ast
import hashlib
import re
from collections import deque
from collections.abc import Collection, Iterator, Mapping

from gatewright.repair.mutate import Candidate, candidates
from gatewright.repair.regions import own_lines
from gatewright.repair.source import parse

# Beside these, `move` where it leaves out a statement.
FAMILIES = frozenset(
    {
        "comparison",
        "arithmetic",
        "sign",
        "connective",
        "negation",
        "exit",
        "constant",
        "off by one",
        "return",
    }
)
_IDENTITY = frozenset({b"is", b"is not", b"==", b"!="})
_QUOTES = (b"'", b'"')
_SAYS = re.compile(rb"(self\.)?_?(print|log|logger|logging|LOG|warnings)\b")


def mutants(
    files: Mapping[str, bytes],
    lines: Mapping[str, Collection[int]],
    *,
    leave: Collection[str] = (),
) -> list[Candidate]:
    """Mutants of these lines in the order in which a sample takes them.

    Each line comes once before any comes twice, and on a line each kind of mutant before a second
    of any. Which lines come first hangs on the content of the files and on nothing else.
    """
    scores = {path: dict.fromkeys(numbers, 1.0) for path, numbers in lines.items()}
    by_line: dict[tuple[str, int], list[Candidate]] = {}
    for candidate in candidates(files, scores, leave=leave):
        if candidate.line in scores[candidate.path] and _is_telling(candidate):
            by_line.setdefault((candidate.path, candidate.line), []).append(candidate)
    places = sorted(by_line, key=lambda place: _draw(files[place[0]], *place))
    queues = [deque(_by_kind(by_line[place], _draw(b"", *place))) for place in places]
    return list(_in_turn(queues))


class Lines:
    """The lines of one file that parses, by the statements on them."""

    def __init__(self, data: bytes) -> None:
        self._statements: dict[int, range] = {}
        self._of_functions: set[int] = set()
        tree = parse(data)
        for node in ast.walk(tree):
            if isinstance(node, ast.stmt):
                self._statements.update(dict.fromkeys(own_lines(node), own_lines(node)))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._of_functions.update(range(node.body[0].lineno, (node.end_lineno or 0) + 1))

    def beside(self, line: int) -> Collection[int]:
        """All lines of the statement on a line: Python does not report each as run."""
        return self._statements.get(line, (line,))

    def is_of_function(self, line: int) -> bool:
        """Whether a call runs it, and not the import."""
        return line in self._of_functions


def _is_telling(candidate: Candidate) -> bool:
    """Whether tests should notice it; of what is said to people they need not."""
    old, new = candidate.old.strip(), candidate.new.strip()
    if candidate.family == "move":
        deletion = new in (b"", b"pass") and b"\n" not in old
        return deletion and not _SAYS.match(old)
    if candidate.family not in FAMILIES or candidate.lines != 1:
        return False
    if old in _IDENTITY and new in _IDENTITY and old[:1] != new[:1]:
        return False  # `is` for `==` is the same for most values
    is_text = old.startswith(_QUOTES) or new.startswith(_QUOTES)
    return not (candidate.family == "constant" and is_text)


def _by_kind(found: list[Candidate], draw: str) -> Iterator[Candidate]:
    """The likeliest of each kind, then the next of each."""
    kinds: dict[str, deque[Candidate]] = {}
    for candidate in found:
        kinds.setdefault(candidate.family, deque()).append(candidate)
    order = sorted(kinds, key=lambda kind: _draw(draw.encode(), kind, 0))
    return _in_turn([kinds[kind] for kind in order])


def _in_turn(queues: list[deque[Candidate]]) -> Iterator[Candidate]:
    waiting = [queue for queue in queues if queue]
    while waiting:
        for queue in waiting:
            yield queue.popleft()
        waiting = [queue for queue in waiting if queue]


def _draw(data: bytes, name: str, number: int) -> str:
    return hashlib.sha256(b"\0".join((data, name.encode(), str(number).encode()))).hexdigest()
