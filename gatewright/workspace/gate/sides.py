"""One side's tests: the suite, what its settings leave out, and a change's own test files apart."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from gatewright.domain.protected import is_test
from gatewright.workspace.gate.bench import Bench, Side
from gatewright.workspace.gate.report import Session
from gatewright.workspace.gate.runs import OPTIONS, Ask, SuiteRun, run_pytest, scripts_digest
from gatewright.workspace.gate.verdict import covers, merged, uncovered

_NAMED = re.compile(r"test_.*\.py|.*_test\.py")
_HOLDS_TESTS = re.compile(rb"^\s*(async\s+def\s+test|def\s+test|class\s+Test)", re.MULTILINE)


class Brought(NamedTuple):
    """Test files that the base does not have."""

    kept_out: tuple[str, ...]
    """Of the run of the base's tests, which they could do anything to."""
    run_apart: tuple[str, ...]
    """Those of them that hold tests."""


def brought(bench: Bench, entries: Sequence[str] | None) -> Brought:
    """The Python files of tests that the change brings, its configuration apart."""
    fresh = [
        path
        for path in sorted(bench.files["after"] - bench.files["base"])
        if path.endswith(".py") and is_test(path) and PurePosixPath(path).name != "conftest.py"
    ]
    texts = {change.path: change.after or b"" for change in bench.changes}
    apart = [
        path
        for path in fresh
        if PurePosixPath(path).name != "__init__.py"
        and (
            _is_named(path)
            or _HOLDS_TESTS.search(texts.get(path, b""))
            or any(covers(entry, path) for entry in entries or () if entry.startswith(path))
        )
    ]
    # Tests of the base that were rewritten with leave may need their new helpers.
    allowed = "tests" in bench.spec.allow
    kept_out = [path for path in fresh if not allowed or _is_named(path)]
    return Brought(kept_out=tuple(kept_out), run_apart=tuple(apart))


async def baseline(bench: Bench, entries: Sequence[str] | None) -> SuiteRun:
    """The base's outcomes; kept for the next run, unless we had to stop it."""
    key = bench.key(
        "pytest",
        entries=sorted(entries or ()),
        options=OPTIONS,
        script=await asyncio.to_thread(scripts_digest),
    )
    return await bench.baselines.get(
        key,
        SuiteRun,
        compute=lambda: _suite(bench, "base", entries, Ask()),
        keep=lambda run: not run.stopped,
    )


async def changed(
    bench: Bench, entries: Sequence[str] | None, *, measure: tuple[str, ...] = ()
) -> SuiteRun:
    """The outcomes with the change: the base's tests, and the change's own in another process."""
    own = brought(bench, entries)
    ask = Ask(measure=measure)
    if not own.run_apart:
        return await _suite(bench, "after", entries, ask, without=own.kept_out)
    async with asyncio.TaskGroup() as group:
        old = group.create_task(_suite(bench, "after", entries, ask, without=own.kept_out))
        new = group.create_task(
            run_pytest(bench, "after", Ask(paths=own.run_apart, measure=measure))
        )
    return _joined(old.result(), _of_files(new.result(), own.run_apart))


async def part(bench: Bench, entries: Sequence[str] | None, files: Sequence[str]) -> SuiteRun:
    """Some test files once more, as in `changed`."""
    own = brought(bench, entries)
    old = tuple(file for file in files if file not in own.run_apart)
    new = tuple(file for file in files if file in own.run_apart)
    runs = []
    if old:
        runs.append(await run_pytest(bench, "after", Ask(paths=old), without=own.kept_out))
    if new:
        runs.append(_of_files(await run_pytest(bench, "after", Ask(paths=new)), new))
    return runs[0] if len(runs) == 1 else _joined(*runs)


async def _suite(
    bench: Bench,
    side: Side,
    entries: Sequence[str] | None,
    ask: Ask,
    *,
    without: Sequence[str] = (),
) -> SuiteRun:
    """The suite, and then the acceptance tests that the suite's settings leave out."""
    whole = await run_pytest(bench, side, ask, without=without)
    if whole.session.problem is not None:
        return whole
    files = bench.files[side] - frozenset(without)
    left_out = [entry.partition("::")[0] for entry in uncovered(entries or (), whole.session)]
    paths = tuple(dict.fromkeys(path for path in left_out if _is_there(path, files)))
    if not paths:
        return whole
    more = Ask(paths=paths, measure=ask.measure)
    return _joined(whole, await run_pytest(bench, side, more, without=without))


def _joined(first: SuiteRun, second: SuiteRun) -> SuiteRun:
    broken = second if first.session.problem is None and second.session.problem else first
    return SuiteRun(
        session=merged(first.session, second.session),
        stopped=first.stopped or second.stopped,
        duration_s=first.duration_s + second.duration_s,
        log_tail=broken.log_tail,
    )


def _of_files(run: SuiteRun, files: Sequence[str]) -> SuiteRun:
    """What a run says of these files' tests, and nothing that it says of others."""
    session: Session = run.session
    kept = {
        "tests": {n: t for n, t in session.tests.items() if n.partition("::")[0] in files},
        "uncollected": {
            n: t for n, t in session.uncollected.items() if n.partition("::")[0] in files
        },
    }
    return run.model_copy(update={"session": session.model_copy(update=kept)})


def _is_named(path: str) -> bool:
    return _NAMED.fullmatch(PurePosixPath(path).name) is not None


def _is_there(path: str, files: frozenset[str]) -> bool:
    path = path.removeprefix("./").rstrip("/")
    return path in files or any(file.startswith(f"{path}/") for file in files)
