"""The check `coverage`: whether the tests run the lines that a change brings."""

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from gatewright.domain.findings import Finding
from gatewright.domain.gate import CheckResult, CheckStatus
from gatewright.domain.protected import is_configuration, is_test
from gatewright.domain.syntax import parse
from gatewright.workspace.gate.bench import Bench
from gatewright.workspace.gate.changed import FileChange
from gatewright.workspace.gate.compare import capped
from gatewright.workspace.gate.report import Lines, Session

CHECK = "coverage"


class Covered(NamedTuple):
    """The changed statements of one file, by their first lines."""

    path: str
    statements: frozenset[int]
    missing: frozenset[int]


def measured_files(bench: Bench) -> tuple[str, ...]:
    """The changed Python files whose lines count; none where that is not asked for."""
    if bench.policy.coverage <= 0:
        return ()
    return tuple(change.path for change in bench.changes if _counts(change))


def check_coverage(bench: Bench, session: Session | None) -> CheckResult:
    """Judge by what the runs with the change recorded; None: there were none."""
    wanted = bench.policy.coverage
    if wanted <= 0:
        return _result("skipped", "not asked for at this risk")
    changes = [change for change in bench.changes if _counts(change)]
    if not changes:
        return _result("skipped", "no line of code was changed")
    if session is None or session.problem is not None or not session.measured:
        ended = session is not None and session.problem is None
        lacks = "the environment of the tests has no coverage library"
        return _result("skipped", lacks if ended else "the tests did not come to their end")
    files = [covered(change, session.lines.get(change.path)) for change in changes]
    total = sum(len(file.statements) for file in files)
    run = total - sum(len(file.missing) for file in files)
    if not total:
        return _result("skipped", "no changed line can be run")
    said = f"tests run {run} of {total} changed lines ({run / total:.0%}; asked for: {wanted:.0%})"
    if run >= wanted * total:
        return _result("passed", said)
    return _result("failed", said, [_finding(file, said) for file in files if file.missing])


def covered(change: FileChange, lines: Lines | None) -> Covered:
    """The statements of a file that are changed, in whole or in part. Pure."""
    if lines is None:
        return Covered(change.path, frozenset(), frozenset())
    first = _firsts(change.text, lines.statements)
    changed = frozenset(first[line] for line in change.added if line in first)
    return Covered(change.path, changed, changed & lines.missing)


def ranges(lines: Collection[int]) -> str:
    """`3-5, 9`."""
    found: list[list[int]] = []
    for line in sorted(lines):
        if found and line == found[-1][-1] + 1:
            found[-1] = [found[-1][0], line]
        else:
            found.append([line, line])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def _firsts(text: str, statements: Collection[int]) -> dict[int, int]:
    """The first line of the statement that each line belongs to, for lines that can be run."""
    first = {line: line for line in statements}
    try:
        module = parse(text)
    except (SyntaxError, ValueError, RecursionError):  # of a newer Python, for example
        return first
    for start, end in _spans(module):
        inside = [line for line in range(start, end + 1) if line in statements]
        for line in range(start, end + 1):
            if inside:
                first.setdefault(line, inside[0])
    return first


def _spans(module: ast.Module) -> Iterator[tuple[int, int]]:
    """First and last lines of simple statements, and of the heads of the others."""
    for node in ast.walk(module):
        if not isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            continue
        start = min(_line(node), *(_line(d) for d in getattr(node, "decorator_list", ())), 10**9)
        body: Sequence[ast.stmt] = getattr(node, "body", ())
        end = body[0].lineno - 1 if body else getattr(node, "end_lineno", None) or start
        yield start, max(start, end)


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0) or getattr(getattr(node, "pattern", None), "lineno", 0))


def _counts(change: FileChange) -> bool:
    path = change.path
    if change.after is None or not change.added or not path.endswith(".py"):
        return False
    return not is_test(path) and not is_configuration(path)


def _finding(file: Covered, said: str) -> Finding:
    return Finding(
        check=CHECK,
        message=f"no test runs line {ranges(file.missing)} of {file.path}, which the change "
        f"brings; {said}. Add tests that run them.",
        file=file.path,
        line=min(file.missing),
        rule=CHECK,
    )


def _result(status: CheckStatus, summary: str, findings: Sequence[Finding] = ()) -> CheckResult:
    return CheckResult(
        check=CHECK, status=status, summary=summary, duration_s=0, findings=capped(findings)
    )
