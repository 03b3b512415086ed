"""`files`, `read` and `diff`."""

from pathlib import Path

import pytest

from gatewright.domain.edit import ChangeSet, DeleteFile, RenameFile, WriteFile
from gatewright.domain.errors import WorkspaceError
from gatewright.domain.ports import SourceFile
from gatewright.domain.task import Site
from gatewright.workspace.worktrees import GitWorkspace
from tests.unit.workspace.git_support import commit, git, head, make_repository, make_tree, write


@pytest.fixture
def workspace(tmp_path: Path) -> GitWorkspace:
    return GitWorkspace(tmp_path / "home")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    repo = make_repository(tmp_path / "repo")
    git(repo, "config", "core.autocrlf", "false")
    (repo / "link").symlink_to("a.txt")
    git(repo, "update-index", "--add", "--cacheinfo", f"160000,{head(repo)},sub")
    there = {
        "crlf.txt": b"1\r\n2",
        "bom.txt": b"\xef\xbb\xbfmarked\n",
        "binary.bin": b"a\0b",
        "latin.txt": b"caf\xe9\n",
        "dir/naïve\n☃.txt": "☃\n".encode(),
        "empty.txt": b"",
    }
    for path, content in there.items():
        (repo / path).parent.mkdir(exist_ok=True)
        (repo / path).write_bytes(content)
        git(repo, "add", path)
    git(repo, "add", "link")
    git(repo, "commit", "-qm", "all kinds")
    return Site(task_id="t1", repo=repo, base_commit=head(repo))


async def test_files_are_the_regular_ones_sorted(workspace: GitWorkspace, site: Site) -> None:
    assert await workspace.files(site, site.base_commit) == [
        "a.txt",
        "binary.bin",
        "bom.txt",
        "crlf.txt",
        "dir/naïve\n☃.txt",
        "empty.txt",
        "latin.txt",
        "src/b.py",
    ]


async def test_a_path_that_is_not_utf8_is_left_out(workspace: GitWorkspace, site: Site) -> None:
    repo = site.repo
    oid = git(repo, "rev-parse", "HEAD:a.txt")
    odd = f"100644 {oid}\tcaf\udce9".encode("utf-8", "surrogateescape") + b"\0"
    git(repo, "update-index", "-z", "--add", "--index-info", stdin=odd)
    git(repo, "commit", "-qm", "odd")
    assert await workspace.files(site, head(repo)) == await workspace.files(site, site.base_commit)


async def test_a_change_keeps_a_path_that_is_not_utf8(workspace: GitWorkspace, site: Site) -> None:
    repo = site.repo
    oid = git(repo, "rev-parse", "HEAD:a.txt")
    odd = f"100644 {oid}\tcaf\udce9".encode("utf-8", "surrogateescape") + b"\0"
    git(repo, "update-index", "-z", "--add", "--index-info", stdin=odd)
    git(repo, "commit", "-qm", "odd")
    applied = await workspace.apply(
        site, head(repo), write("a.txt", "1\n"), ref="r", key="k", message="m"
    )
    async with workspace.checkout(site, applied.commit) as root:
        assert (Path(f"{root}/caf\udce9")).read_bytes() == b"one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("path", "text", "encoding"),
    [
        ("a.txt", "one\ntwo\nthree\n", "utf-8"),
        ("crlf.txt", "1\r\n2", "utf-8"),
        ("bom.txt", "marked\n", "utf-8-sig"),
        ("dir/naïve\n☃.txt", "☃\n", "utf-8"),
        ("empty.txt", "", "utf-8"),
    ],
)
async def test_text_is_read_as_it_is(
    workspace: GitWorkspace, site: Site, path: str, text: str, encoding: str
) -> None:
    expected = SourceFile(path=path, text=text, encoding=encoding)
    assert await workspace.read(site, site.base_commit, path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "absent",
        "dir",
        "link",
        "sub",
        "binary.bin",
        "latin.txt",
        "",
        "../x",
        "/a.txt",
        "a\0",
        "\ud800",
    ],
)
async def test_what_is_no_text_file_is_none(workspace: GitWorkspace, site: Site, path: str) -> None:
    assert await workspace.read(site, site.base_commit, path) is None


async def test_an_old_commit_is_read_as_it_was(workspace: GitWorkspace, site: Site) -> None:
    commit(site.repo, {"a.txt": "later\n"})
    source = await workspace.read(site, site.base_commit, "a.txt")
    assert source is not None
    assert source.text == "one\ntwo\nthree\n"


async def test_a_commit_with_a_group_writable_file(workspace: GitWorkspace, site: Site) -> None:
    oid = git(site.repo, "rev-parse", "HEAD:a.txt")
    old = make_tree(site.repo, f"100664 {oid}\told.txt")
    assert await workspace.files(site, old) == ["old.txt"]


_DIFF = """\
diff --git a/a.txt b/a.txt
index 4cb29ea..33a8058 100644
--- a/a.txt
+++ b/a.txt
@@ -1,3 +1,3 @@
 one
-two
+2
 three
diff --git a/crlf.txt b/crlf.txt
deleted file mode 100644
index 6aa7b56..0000000
--- a/crlf.txt
+++ /dev/null
@@ -1,2 +0,0 @@
-1\r
-2
\\ No newline at end of file
diff --git a/src/b.py b/src/c.py
similarity index 100%
rename from src/b.py
rename to src/c.py
"""


async def test_a_diff_against_the_base(workspace: GitWorkspace, site: Site) -> None:
    for name, value in (("diff.noprefix", "true"), ("color.diff", "always"), ("diff.context", "0")):
        git(site.repo, "config", name, value)
    edits = (
        WriteFile(path="a.txt", content="one\n2\nthree\n"),
        DeleteFile(path="crlf.txt"),
        RenameFile(path="src/b.py", to="src/c.py"),
    )
    applied = await workspace.apply(
        site, site.base_commit, ChangeSet(edits=edits), ref="r", key="k", message="m"
    )
    diff = await workspace.diff(site, applied.commit)
    lines = [line for line in diff.split("\n") if not line.startswith("index ")]
    assert lines == [line for line in _DIFF.split("\n") if not line.startswith("index ")]
    assert (applied.lines_added, applied.lines_deleted) == (1, 3)


async def test_a_diff_since_another_commit(workspace: GitWorkspace, site: Site) -> None:
    later = commit(site.repo, {"a.txt": "later\n"})
    latest = commit(site.repo, {"empty.txt": "full\n"})
    diff = await workspace.diff(site, latest, since=later)
    assert [line for line in diff.split("\n") if line.startswith("diff ")] == [
        "diff --git a/empty.txt b/empty.txt"
    ]


async def test_a_diff_of_no_change_is_empty(workspace: GitWorkspace, site: Site) -> None:
    assert await workspace.diff(site, site.base_commit) == ""


@pytest.mark.parametrize("since", ["--output=/tmp/x", "HEAD"])
async def test_an_option_is_no_commit(workspace: GitWorkspace, site: Site, since: str) -> None:
    with pytest.raises(WorkspaceError, match="no full object id"):
        await workspace.diff(site, site.base_commit, since=since)
