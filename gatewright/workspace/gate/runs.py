"""Runs of pytest in the sandbox: what is asked of one, and what it came to."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gatewright.domain.command import Completed
from gatewright.domain.findings import Frozen
from gatewright.workspace.gate import inside
from gatewright.workspace.gate.bench import Bench, Side, log_tail
from gatewright.workspace.gate.report import Session, read_session
from gatewright.workspace.gate.unreadable import Unreadable
from gatewright.workspace.gate.written import read_written, scratch

_INSIDE = Path(inside.__file__).parent
_MOST_BYTES = 128 * 2**20
_COPY = "/repository"
"""Stands for the place of a copy wherever a report names it, for example in a parameter."""

_METADATA = (".egg-info", ".dist-info")

OPTIONS = (
    "--color=no",
    "--tb=short",
    "--maxfail=0",
    "--continue-on-collection-errors",
)
"""After the repository's own `addopts`: every test is run, whatever the first ones come to."""


class SuiteRun(Frozen):
    """One run of the suite, or of a part of it."""

    session: Session
    stopped: bool = False
    """By us, for want of time or room; another run may come to more."""
    duration_s: float = 0.0
    log_tail: str = ""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What pytest is to do in a copy."""

    paths: tuple[str, ...] = ()
    """Relative to the copy; none: what the suite's settings say."""
    only: tuple[str, ...] | None = None
    """Node ids of what was collected that are run; None: all."""
    twice: tuple[str, ...] = ()
    """Of these, those that are run two times in a row."""
    reverse: bool = False
    measure: tuple[str, ...] = ()
    """Files whose executed lines are looked at."""


async def run_pytest(
    bench: Bench, side: Side, ask: Ask, *, without: Sequence[str] = ()
) -> SuiteRun:
    """One run in a fresh copy of a side, from which these files were taken away."""
    async with bench.copy(side) as copy:
        await asyncio.to_thread(_take_away, copy, without)
        (done,) = await _runs(bench, side, copy, (ask,))
    return done


async def run_series(bench: Bench, side: Side, asks: Sequence[Ask]) -> tuple[SuiteRun, ...]:
    """Runs in one copy and one sandbox, so that each finds what those before have left."""
    async with bench.copy(side) as copy:
        return await _runs(bench, side, copy, asks)


def scripts_digest() -> str:
    """Names what the runs' outcomes depend on besides the repository. Blocks."""
    texts = [path.read_bytes() for path in sorted(_INSIDE.glob("*.py"))]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


async def _runs(bench: Bench, side: Side, copy: Path, asks: Sequence[Ask]) -> tuple[SuiteRun, ...]:
    tokens = [secrets.token_hex(32) for _ in asks]
    blocked = _new_metadata(bench) if side == "after" else []
    async with scratch() as folder:
        reports = [folder / f"report-{number}.jsonl" for number in range(len(asks))]
        settings = [
            {**_settings(bench, copy, ask), "token": token, "blocked": blocked}
            for ask, token in zip(asks, tokens, strict=True)
        ]
        if len(asks) == 1:
            words = [_script("run_pytest.py"), str(reports[0]), str(copy)]
            told: object = settings[0]
        else:
            words = [_script("run_series.py"), str(copy)]
            told = [(str(report), of) for report, of in zip(reports, settings, strict=True)]
        completed = await bench.run(
            (str(bench.toolchain.python), "-s", *words),
            cwd=copy,
            env={"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
            readable=(_INSIDE,),
            writable=(folder,),
            stdin=json.dumps(told).encode(),
        )
        texts = [await asyncio.to_thread(_read, folder, report.name) for report in reports]
    return tuple(
        _judged(bench, copy, completed, read_session(text, token=token, renamed={str(copy): _COPY}))
        for text, token in zip(texts, tokens, strict=True)
    )


def _judged(bench: Bench, copy: Path, completed: Completed, session: Session) -> SuiteRun:
    return SuiteRun(
        session=session.model_copy(update={"problem": _problem(bench, completed, session)}),
        stopped=bench.cut_short(completed) is not None,
        duration_s=completed.duration_s,
        log_tail=log_tail(completed).replace(str(copy), _COPY),
    )


def _settings(bench: Bench, copy: Path, ask: Ask) -> Mapping[str, object]:
    return {
        "paths": [".", *bench.roots],
        "args": [*OPTIONS, f"--rootdir={copy}", *(f"./{path}" for path in ask.paths)],
        "only": ask.only,
        "twice": ask.twice,
        "reverse": ask.reverse,
        "measure": ask.measure,
    }


def _new_metadata(bench: Bench) -> list[str]:
    """Folders in which the change says something of an installed package, such as its plugins."""
    found: dict[str, None] = {}
    for change in bench.changes:
        parts = PurePosixPath(change.path).parts
        for depth, part in enumerate(parts[:-1], start=1):
            if part.endswith(_METADATA):
                found["/".join(parts[:depth])] = None
    return list(found)


def _script(name: str) -> str:
    return str(_INSIDE / name)


def _problem(bench: Bench, completed: Completed, session: Session) -> str | None:
    stopped = bench.cut_short(completed)
    if stopped is not None:
        return f"pytest {stopped}"
    if session.problem is None and completed.returncode not in (0, 1, 5):
        return f"pytest reported its end, but exited with {completed.returncode}"
    return session.problem


def _take_away(copy: Path, paths: Sequence[str]) -> None:
    for path in paths:
        (copy / path).unlink(missing_ok=True)


def _read(folder: Path, name: str) -> str:
    try:
        return read_written(folder, name, most=_MOST_BYTES).decode("utf-8", "replace")
    except Unreadable:
        return ""  # which is no complete run either
