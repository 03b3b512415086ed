"""`GitWorkspace.merge`: a change made anew on another commit, or what stands against it."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.edit import ChangeSet, DeleteFile, Merged, RenameFile
from gatewright.domain.task import Site
from gatewright.workspace.git import Git
from gatewright.workspace.merging import merge_trees
from gatewright.workspace.trees import Trees
from gatewright.workspace.worktrees import GitWorkspace
from tests.unit.workspace.git_support import commit, git, head, make_repository, write

LINES = [f"line {number}\n" for number in range(12)]
TEXT = "".join(LINES)


class Desk:
    """A task on a repository of two files, and its changes of the base."""

    def __init__(self, folder: Path) -> None:
        self.repo = make_repository(folder / "repo", {"a.txt": TEXT, "src/b.py": "x = 1\n"})
        self.workspace = GitWorkspace(folder / "home")
        self.site = Site(task_id="t1", repo=self.repo, base_commit=head(self.repo))

    async def made(self, changes: ChangeSet, ref: str, *, on: str = "") -> str:
        parent = on or self.site.base_commit
        applied = await self.workspace.apply(
            self.site, parent, changes, ref=ref, key=ref, message=f"Make {ref}", show=False
        )
        return applied.commit

    async def merged(self, on: str, change: str, *, key: str = "m") -> Merged:
        return await self.workspace.merge(
            self.site, on, change, parent=self.site.base_commit, ref="2/merged", key=key
        )

    async def both(self, ours: ChangeSet, theirs: ChangeSet) -> Merged:
        on, change = await self.made(ours, "1/1"), await self.made(theirs, "2/1")
        return await self.merged(on, change)

    def show(self, oid: str, path: str) -> str:
        return git(self.repo, "show", f"{oid}:{path}") + "\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def with_line(number: int, text: str) -> ChangeSet:
    lines = [*LINES]
    lines[number] = text
    return write("a.txt", "".join(lines))


def edits(*ones: DeleteFile | RenameFile) -> ChangeSet:
    return ChangeSet(edits=ones)


async def test_on_its_own_parent_a_change_is_its_own_commit(desk: Desk) -> None:
    change = await desk.made(write("new.txt", "n\n"), "1/1")
    merged = await desk.merged(desk.site.base_commit, change)
    assert merged.applied is not None
    assert (merged.applied.commit, merged.applied.files) == (change, ("new.txt",))
    refs = git(desk.repo, "for-each-ref", "--format=%(refname)", "refs/gatewright")
    assert refs == "refs/gatewright/t1/1/1"


async def test_changes_of_one_files_different_lines_are_both_there(desk: Desk) -> None:
    merged = await desk.both(with_line(1, "ours\n"), with_line(10, "theirs\n"))
    assert merged.applied is not None
    lines = desk.show(merged.applied.commit, "a.txt").splitlines(keepends=True)
    assert (lines[1], lines[10]) == ("ours\n", "theirs\n")
    assert (merged.applied.files, merged.applied.lines_added) == (("a.txt",), 1)


async def test_the_commit_follows_the_head_and_keeps_its_message(desk: Desk) -> None:
    on = await desk.made(write("o.txt", "o\n"), "1/1")
    change = await desk.made(write("t.txt", "t\n"), "2/1")
    merged = await desk.merged(on, change, key="k9")
    assert merged.applied is not None
    parents, _, message = git(
        desk.repo, "log", "-1", "--format=%P%n%B", merged.applied.commit
    ).partition("\n")
    assert parents == on
    assert message.startswith("Make 2/1\n\nGatewright-Task: t1\nGatewright-Key: k9")
    assert message.count("Gatewright-Key") == 1


async def test_the_same_key_finds_the_first_ones_commit(desk: Desk) -> None:
    on = await desk.made(write("o.txt", "o\n"), "1/1")
    change = await desk.made(write("t.txt", "t\n"), "2/1")
    first, second, other = [await desk.merged(on, change, key=key) for key in "aab"]
    assert first == second
    assert first.applied is not None
    assert other.applied is not None
    assert first.applied.tree == other.applied.tree


async def test_both_changed_the_same_line(desk: Desk) -> None:
    merged = await desk.both(with_line(4, "ours\n"), with_line(4, "theirs\n"))
    assert merged.applied is None
    [conflict] = merged.conflicts
    assert conflict.path == "a.txt"
    assert "<<<<<<< the steps before\nours\n=======\ntheirs\n>>>>>>>" in conflict.why
    assert "line 1\n" not in conflict.why
    refs = git(desk.repo, "for-each-ref", "--format=%(refname)", "refs/gatewright").splitlines()
    assert refs == ["refs/gatewright/t1/1/1", "refs/gatewright/t1/2/1"]


@pytest.mark.parametrize(
    ("ours", "theirs", "path", "why"),
    [
        (write("n", "o\n"), write("n", "t\n"), "n", "made the file as well"),
        (edits(DeleteFile(path="a.txt")), with_line(1, "t\n"), "a.txt", "removed or moved"),
        (
            edits(RenameFile(path="a.txt", to="c.txt")),
            with_line(1, "t\n"),
            "a.txt",
            "removed or moved",
        ),
        (with_line(1, "o\n"), edits(DeleteFile(path="a.txt")), "a.txt", "changed the file"),
        (write("n", "o\n"), write("n/m", "t\n"), "n", "a file in one of the steps and a folder"),
        (write("n/m", "o\n"), write("n", "t\n"), "n", "a file in one of the steps and a folder"),
    ],
)
async def test_what_stands_against_a_change(
    desk: Desk, ours: ChangeSet, theirs: ChangeSet, path: str, why: str
) -> None:
    merged = await desk.both(ours, theirs)
    assert merged.applied is None
    assert [conflict.path for conflict in merged.conflicts] == [path]
    assert why in merged.conflicts[0].why


async def test_a_change_that_is_there_already_makes_no_commit(desk: Desk) -> None:
    same = with_line(3, "same\n")
    on, change = await desk.made(same, "1/1"), await desk.made(same, "2/1")
    merged = await desk.merged(on, change)
    assert merged.applied is not None
    assert (merged.applied.unchanged, merged.applied.commit) == (True, on)


async def test_files_that_are_no_text_are_not_merged(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "repo", {"a.bin": b"\0one\n"})
    base = head(repo)
    on = commit(repo, {"a.bin": b"\0two\n"})
    git(repo, "checkout", "-q", base)
    change = commit(repo, {"a.bin": b"\0three\n"})
    site = Site(task_id="t1", repo=repo, base_commit=base)
    workspace = GitWorkspace(tmp_path / "home")
    merged = await workspace.merge(site, on, change, parent=base, ref="2/merged", key="k")
    assert [conflict.why for conflict in merged.conflicts] == [
        "The steps before changed the file, and it is no text."
    ]


async def test_modes_and_links_of_a_change_are_kept(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "repo", {"run": "one\ntwo\nthree\nfour\n", "x": "x\n"})
    base = head(repo)
    on = commit(repo, {"run": "ONE\ntwo\nthree\nfour\n"})
    git(repo, "checkout", "-q", base)
    (repo / "run").chmod(0o755)
    (repo / "link").symlink_to("x")
    change = commit(repo, {"run": "one\ntwo\nthree\nFOUR\n"})
    site = Site(task_id="t1", repo=repo, base_commit=base)
    workspace = GitWorkspace(tmp_path / "home")
    merged = await workspace.merge(site, on, change, parent=base, ref="2/merged", key="k")
    assert merged.applied is not None
    listing = git(repo, "ls-tree", merged.applied.commit).splitlines()
    assert [line.split()[0] for line in listing] == ["120000", "100755", "100644"]
    assert git(repo, "show", f"{merged.applied.commit}:run") == "ONE\ntwo\nthree\nFOUR"


async def test_no_merge_driver_of_the_repository_runs(desk: Desk, tmp_path: Path) -> None:
    """Its attributes and configuration name a program that would write a file."""
    flag = tmp_path / "ran"
    git(desk.repo, "config", "merge.bait.driver", f"touch {flag}")
    git(desk.repo, "config", "merge.default", "bait")
    (desk.repo / ".git" / "info").mkdir(exist_ok=True)
    (desk.repo / ".git" / "info" / "attributes").write_text("* merge=bait\n")
    merged = await desk.both(with_line(1, "ours\n"), with_line(10, "theirs\n"))
    assert merged.applied is not None
    assert not flag.exists()


async def test_the_worktree_and_not_the_checkout_is_brought_to_it(
    desk: Desk, tmp_path: Path
) -> None:
    await desk.workspace.open("t1", desk.repo, None)
    before = git(desk.repo, "status", "--porcelain"), head(desk.repo)
    merged = await desk.both(write("o.txt", "o\n"), write("t.txt", "t\n"))
    assert merged.applied is not None
    names = {path.name for path in (tmp_path / "home" / "worktrees" / "t1").iterdir()}
    assert names == {".git", "a.txt", "o.txt", "src", "t.txt"}
    assert (git(desk.repo, "status", "--porcelain"), head(desk.repo)) == before


CHANGES = st.dictionaries(
    st.sampled_from(["a", "b", "d/a", "d/b", "d/c/a"]),
    st.sampled_from([None, "one\n", "two\n"]),
    max_size=4,
)
BASE: dict[str, str | bytes] = {"a": "base\n", "d/a": "base\n", "keep": "k\n"}


def test_a_merge_is_the_sum_of_two_changes_or_names_the_paths_that_both_changed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("sum")
    repo = make_repository(folder / "repo", BASE)
    base, scratch = head(repo), folder / "scratch"
    scratch.mkdir()

    def committed(change: dict[str, str | None]) -> str:
        git(repo, "checkout", "-q", base)
        for path, text in change.items():
            file = repo / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            if text is not None:
                file.write_text(text)
        return commit(repo, {})

    async def merge(ours: str, theirs: str) -> tuple[dict[str, str | None], set[str]]:
        reading, trees = Git(cwd=scratch, git_dir=repo / ".git"), Trees()
        one, two, three = [await trees.of(reading, oid) for oid in (base, ours, theirs)]
        found = await merge_trees(reading, one, two, three, scratch=scratch)
        made = {path: new and new.data.decode() for path, new in found.files.items()}
        return made, {one.path for one in found.conflicts}

    @given(CHANGES, CHANGES)
    def check(ours: dict[str, str | None], theirs: dict[str, str | None]) -> None:
        was = {path: str(text) for path, text in BASE.items()}
        mine = {p: t for p, t in ours.items() if was.get(p) != t}
        other = {p: t for p, t in theirs.items() if was.get(p) != t}
        made, conflicts = asyncio.run(merge(committed(mine), committed(other)))
        assert conflicts == {p for p in mine.keys() & other.keys() if mine[p] != other[p]}
        assert made == {p: t for p, t in other.items() if p not in mine}

    check()
