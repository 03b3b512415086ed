"""Which files a model is shown, and how many are opened for that."""

from nodes.sources import MOST_UNNAMED, SMALL_REPOSITORY, brief
from tests.unit.nodes.desk_support import Ports, Shelf, desk


async def shown(shelf: Shelf, **task: object) -> list[str]:
    told = await brief(desk(Ports(workspace=shelf), **task), "c")
    return [source.path for source in told.sources]


async def test_a_small_repository_is_shown_whole_code_first_and_tests_last() -> None:
    shelf = Shelf({"NOTES.md": "n", "pkg/a.py": "a", "tests/test_a.py": "t"})
    assert await shown(shelf) == ["pkg/a.py", "NOTES.md", "tests/test_a.py"]


async def test_what_is_named_and_is_no_file_of_the_repository_is_not_looked_for() -> None:
    shelf = Shelf({"pkg/a.py": "a", "pkg/b.py": "b"})
    named = ["../../etc/passwd", "/etc/passwd", ".git/config", "pkg/b.py"]
    assert await shown(shelf, context_files=named) == ["pkg/b.py"]
    assert shelf.reads == ["pkg/b.py"]


async def test_of_a_huge_repository_few_files_are_opened() -> None:
    shelf = Shelf({f"pkg/m{number:05}.py": "x" * SMALL_REPOSITORY for number in range(5000)})
    await shown(shelf)
    assert len(shelf.reads) == 1
    shelf = Shelf({f"pkg/m{number:05}.py": "" for number in range(5000)})
    await shown(shelf)
    assert len(shelf.reads) == MOST_UNNAMED
