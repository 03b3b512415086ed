"""The engine against one bug: a project is made, repaired, and judged by tests it has not seen."""

import ast
import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.repair.seeded import (
    HELD_OUT,
    Bug,
    make,
    right_text,
    roots,
    write,
    wrong_texts,
)
from gatewright.domain.command import Command
from gatewright.domain.edit import ChangeSet
from gatewright.domain.ports import Runner, Toolchain
from gatewright.repair.engine import Problem, Repair, repair

Verdict = Literal["exact", "correct", "overfit", "none"]

MOST_CANDIDATES = 100_000
"""The time is the limit, not the number."""
HELD_OUT_S = 60.0
CANNOT_BE_READ = "the change does not fit the file"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is the same for every bug of one measurement."""

    runner: Runner
    tools: Toolchain
    max_seconds: float
    folder: Path
    """For the projects; each is removed when it has been judged."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one bug."""

    bug: Bug
    verdict: Verdict
    found: Repair
    seconds: float
    """Of the engine, by our clock."""
    note: str = ""
    """What it changed, or why it did not; one line."""


async def measure(
    bugs: tuple[Bug, ...],
    setting: Setting,
    *,
    jobs: int,
    done: Callable[[Outcome], None],
) -> None:
    """Judge the engine on each bug, so many at a time; `done` hears each as it is known.

    Raises: Misplaced; SandboxUnavailable.
    """
    slots = asyncio.Semaphore(max(1, jobs))

    async def one(bug: Bug) -> None:
        async with slots:
            done(await _outcome(bug, setting))

    async with asyncio.TaskGroup() as group:
        for bug in bugs:
            group.create_task(one(bug))


async def _outcome(bug: Bug, setting: Setting) -> Outcome:
    root = setting.folder / bug.id
    wrong = await asyncio.to_thread(_lay_out, bug, root)
    problem = Problem(
        root=root / "seen",
        tests=(),
        python=setting.tools.python,
        readable=setting.tools.readable,
        roots=roots(bug.program),
        max_seconds=setting.max_seconds,
        max_candidates=MOST_CANDIDATES,
    )
    started = time.monotonic()
    found = await repair(problem, setting.runner.run, lambda tried, total, what: None)
    seconds = time.monotonic() - started
    verdict = await _verdict(bug, wrong, found, root / "judged", setting)
    await asyncio.to_thread(shutil.rmtree, root, ignore_errors=True)
    note = " ".join((found.title or found.why).split())
    return Outcome(bug=bug, verdict=verdict, found=found, seconds=seconds, note=note)


def _lay_out(bug: Bug, root: Path) -> dict[str, str]:
    """Make the project twice: as the engine sees it, and with the tests that judge it."""
    wrong = wrong_texts(bug)
    for name, held_out in (("seen", False), ("judged", True)):
        make(bug.program, root / name, held_out=held_out)
        write(wrong, root / name)
    return wrong


async def _verdict(
    bug: Bug, wrong: dict[str, str], found: Repair, judged: Path, setting: Setting
) -> Verdict:
    if found.changes is None:
        return "none"
    try:
        after = await asyncio.to_thread(applied, found.changes, judged)
    except (ValueError, OSError):
        return "overfit"  # a change that cannot be applied is worth no more than a wrong one
    if _same(bug, {**wrong, **after}):
        return "exact"
    await asyncio.to_thread(write, after, judged)
    return "correct" if await _passes(bug, judged, setting) else "overfit"


def applied(changes: ChangeSet, root: Path) -> dict[str, str]:
    """The files that a change set changes, as they become. Blocks.

    Raises: ValueError when a block is not exactly once in its file, or an edit is of another kind.
    """
    after: dict[str, str] = {}
    for edit in changes.edits:
        if edit.op != "replace":
            raise ValueError(f"{edit.op!r} of {edit.path!r} is no replacement")
        text = after.get(edit.path) or (root / edit.path).read_text("utf-8")
        for block in edit.blocks:
            if text.count(block.search) != 1:
                raise ValueError(f"{CANNOT_BE_READ}: {edit.path!r}")
            text = text.replace(block.search, block.replace)
        after[edit.path] = text
    return after


def _same(bug: Bug, after: dict[str, str]) -> bool:
    """Whether the files mean what they did before the bug, to the letter but for layout."""
    return all(
        ast.dump(ast.parse(text)) == ast.dump(ast.parse(right_text(bug.program, file)))
        for file, text in after.items()
    )


async def _passes(bug: Bug, root: Path, setting: Setting) -> bool:
    """Whether the held-out tests pass, in the sandbox."""
    folders = (root, *(root / name for name in roots(bug.program)))
    argv = (
        *(str(setting.tools.python), "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"),
        *("-c", "/dev/null", "--rootdir", str(root), HELD_OUT),
    )
    command = Command(
        argv=argv,
        cwd=root,
        timeout_s=HELD_OUT_S,
        env={
            "PYTHONPATH": ":".join(map(str, folders)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        writable=(root,),
        readable=setting.tools.readable,
    )
    completed = await setting.runner.run(command)
    return completed.returncode == 0 and not completed.timed_out
