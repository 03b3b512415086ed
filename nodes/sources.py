"""Which files of the repository a model is shown."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agents.brief import Brief
from agents.relevance import imported_paths, ranked, words
from agents.repository_map import MOST_CHARACTERS, outline
from agents.room import Room, estimated
from gatewright.domain.findings import Finding
from gatewright.domain.ports import SourceFile
from gatewright.domain.protected import is_test
from gatewright.domain.task import Task
from nodes.desk import Desk

MOST_NAMED = 200
MOST_UNNAMED = 100
"""Files that are looked at: each is read by itself, and a repository may have any number."""
MOST_READ = 600_000
"""Tokens, by estimate, of the files that are named; parts of them are shown where that is less."""
SMALL_REPOSITORY = 20_000
"""Tokens: where nothing is named but tests, so much is shown of the files that may matter."""
NEAR = 6_000
"""Tokens: so much of those that are next to what is named."""
TEXT = (".py", ".pyi", ".toml", ".cfg", ".ini", ".md", ".txt", ".json", ".yaml", ".yml")
MOST_OUTLINES = MOST_CHARACTERS // 2
"""Characters of what files define, for the map."""
_MOST_MISSES = 4
"""Files in a row of relevance that are too long for what room is left."""
_AT_ONCE = 8


async def brief(
    desk: Desk,
    commit: str,
    *,
    named: Iterable[str] = (),
    findings: Sequence[Finding] = (),
    about: str = "",
    room: Room | None = None,
) -> Brief:
    """The task with the files that it, the step and the findings name, and those near them.

    `about` are the step's words; `room` is the model's, for which more need not be read.
    """
    paths = await desk.context.workspace.files(desk.site, commit)
    expected = [*named, *desk.task.context_files]
    wanted = [
        *expected,
        *(f.file for f in findings if f.file),
        *(entry.split("::")[0] for entry in desk.task.gate.pytest or ()),
    ]
    known = set(paths)
    chosen = [path for path in dict.fromkeys(wanted) if path in known]
    sources = await _named(desk, commit, chosen[:MOST_NAMED])
    told = await asyncio.to_thread(_words, desk.task, findings, about)
    order = await asyncio.to_thread(_order, paths, sources, told)
    code = any(not is_test(source.path) for source in sources)
    most = min(NEAR if code else SMALL_REPOSITORY, (room or Room()).input // 2)
    others = _Others(most, only=order.imported if code else None)
    seen = set(chosen)
    rest = [path for path in order.paths if path not in seen]
    await others.look(desk, commit, rest)
    read = {source.path for source in sources}
    return Brief(
        task=desk.task,
        paths=[*chosen, *rest],
        sources=[*sources, *others.sources],
        others=frozenset(source.path for source in others.sources),
        outlines=others.outlines,
        about=told,
        absent=[path for path in dict.fromkeys(expected) if path not in known],
        unread=[path for path in chosen if path not in read],
        findings=findings,
        notes=desk.state.notes,
    )


class _Order(NamedTuple):
    paths: list[str]
    """All of the repository's, the most relevant first."""
    imported: frozenset[str]
    """By the files that are named."""


def _order(paths: Sequence[str], sources: Sequence[SourceFile], about: frozenset[str]) -> _Order:
    imported = imported_paths(((file.path, file.text) for file in sources), paths)
    return _Order(ranked(paths, about=about, imported=imported), frozenset(imported))


def _words(task: Task, findings: Sequence[Finding], about: str) -> frozenset[str]:
    said = [task.goal, about, task.area, *task.acceptance_criteria, *task.constraints]
    said += [f"{finding.file or ''} {finding.message}" for finding in findings]
    return frozenset().union(*map(words, said))


async def _read(desk: Desk, commit: str, paths: Sequence[str]) -> list[SourceFile]:
    read = desk.context.workspace.read
    found = await asyncio.gather(*(read(desk.site, commit, path) for path in paths))
    return [source for source in found if source is not None]


async def _named(desk: Desk, commit: str, paths: Sequence[str]) -> list[SourceFile]:
    sources: list[SourceFile] = []
    left = MOST_READ
    for first in range(0, len(paths), _AT_ONCE):
        for source in await _read(desk, commit, paths[first : first + _AT_ONCE]):
            left -= estimated(source.text)
            sources.append(source)
        if left < 0:
            break
    return sources


class _Others:
    """Files that nobody named: the first ones in full, of the next ones what they define."""

    def __init__(self, most: int, *, only: frozenset[str] | None) -> None:
        """`most` tokens are shown in full, and of those in `only`, if it is given."""
        self.sources: list[SourceFile] = []
        self.outlines: dict[str, tuple[str, ...]] = {}
        self._only = only
        self._tokens = most
        self._misses = 0
        self._outlined = MOST_OUTLINES

    async def look(self, desk: Desk, commit: str, paths: Sequence[str]) -> None:
        """Take of these files, in their order, what there is room for."""
        text = [path for path in paths if path.endswith(TEXT)][:MOST_UNNAMED]
        for first in range(0, len(text), _AT_ONCE):
            wanted = [path for path in text[first : first + _AT_ONCE] if self._of_use(path)]
            seen = [
                source for source in await _read(desk, commit, wanted) if not self._take(source)
            ]
            for path, lines in (await asyncio.to_thread(_outlines, seen)).items():
                if lines and self._outlined > 0:
                    self.outlines[path] = lines
                    self._outlined -= sum(map(len, lines))

    def _of_use(self, path: str) -> bool:
        return self._may_be_shown(path) or (self._outlined > 0 and path.endswith(".py"))

    def _may_be_shown(self, path: str) -> bool:
        wanted = self._only is None or path in self._only
        return wanted and self._tokens > 0 and self._misses < _MOST_MISSES

    def _take(self, source: SourceFile) -> bool:
        tokens = estimated(source.text)
        if not self._may_be_shown(source.path):
            return False
        if tokens > self._tokens:
            self._misses += 1
            return False
        self.sources.append(source)
        self._tokens -= tokens
        return True


def _outlines(sources: Sequence[SourceFile]) -> dict[str, tuple[str, ...]]:
    return {file.path: outline(file.text) for file in sources if file.path.endswith(".py")}
