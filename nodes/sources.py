"""Which files of the repository a model is shown."""

from collections.abc import Iterable, Sequence

from agents.brief import Brief
from gatewright.domain.findings import Finding
from gatewright.domain.ports import SourceFile
from gatewright.domain.protected import is_test
from nodes.desk import Desk

MOST_CHARACTERS = 160_000
"""About 40,000 tokens: what is named comes first, and what does not fit is left out whole."""
SMALL_REPOSITORY = 60_000
"""Where nothing is named, a repository up to this many characters is shown whole, and of a larger
one as many files as fit, code first."""
MOST_NAMED = 200
MOST_UNNAMED = 100
"""Files that are looked at: each is read by itself, and a repository may have any number."""
TEXT = (".py", ".pyi", ".toml", ".cfg", ".ini", ".md", ".txt", ".json", ".yaml", ".yml")


async def brief(
    desk: Desk, commit: str, *, named: Iterable[str] = (), findings: Sequence[Finding] = ()
) -> Brief:
    """The task with the files that it, the step and the findings name."""
    paths = await desk.context.workspace.files(desk.site, commit)
    wanted = [
        *named,
        *desk.task.context_files,
        *(f.file for f in findings if f.file),
        *(entry.split("::")[0] for entry in desk.task.gate.pytest or ()),
    ]
    known = set(paths)
    chosen = [path for path in dict.fromkeys(wanted) if path in known][:MOST_NAMED]
    sources = await _read(desk, commit, chosen, MOST_CHARACTERS)
    if not any(not is_test(source.path) for source in sources):
        others = [path for path in paths if path.endswith(TEXT) and path not in chosen]
        others.sort(key=lambda path: (is_test(path), not path.endswith(".py")))
        sources += await _read(desk, commit, others[:MOST_UNNAMED], SMALL_REPOSITORY)
    return Brief(
        task=desk.task,
        paths=paths,
        sources=sources,
        findings=findings,
        notes=desk.state.notes,
    )


async def _read(desk: Desk, commit: str, paths: Sequence[str], most: int) -> list[SourceFile]:
    sources: list[SourceFile] = []
    used = 0
    for path in paths:
        if used > most * 0.9:
            break
        source = await desk.context.workspace.read(desk.site, commit, path)
        if source is None or used + len(source.text) > most:
            continue
        used += len(source.text)
        sources.append(source)
    return sources
