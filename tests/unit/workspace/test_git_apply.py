"""`GitWorkspace.apply`: commits on private refs, once for every key."""

import asyncio
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.edit import (
    Applied,
    Block,
    ChangeSet,
    DeleteFile,
    RenameFile,
    ReplaceBlocks,
    WriteFile,
)
from gatewright.domain.errors import EditMismatch, EditRefused, UnsafePath, WorkspaceError
from gatewright.domain.task import Site
from gatewright.workspace.commits import Commit, clean_message
from gatewright.workspace.refs import Mark
from gatewright.workspace.worktrees import GitWorkspace
from tests.unit.workspace.git_support import commit, git, head, make_repository, write


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repo")


@pytest.fixture
def workspace(tmp_path: Path) -> GitWorkspace:
    return GitWorkspace(tmp_path / "home")


@pytest.fixture
def site(repo: Path) -> Site:
    return Site(task_id="t1", repo=repo, base_commit=head(repo))


async def change(workspace: GitWorkspace, site: Site, changes: ChangeSet, **more: str) -> Applied:
    given = {"ref": "s1/1", "key": "k1", "message": "Change it", **more}
    return await workspace.apply(
        site,
        site.base_commit,
        changes,
        ref=given["ref"],
        key=given["key"],
        message=given["message"],
    )


async def test_a_change_becomes_a_commit_on_the_tasks_ref(
    workspace: GitWorkspace, site: Site
) -> None:
    applied = await change(workspace, site, write("a.txt", "one\n2\nthree\n"))
    assert git(site.repo, "rev-parse", "refs/gatewright/t1/s1/1") == applied.commit
    assert git(site.repo, "show", f"{applied.commit}:a.txt") == "one\n2\nthree"
    assert applied == Applied(
        commit=applied.commit,
        tree=git(site.repo, "rev-parse", f"{applied.commit}^{{tree}}"),
        files=("a.txt",),
        lines_added=1,
        lines_deleted=1,
    )


async def test_the_commit_says_who_and_why(workspace: GitWorkspace, site: Site) -> None:
    applied = await change(workspace, site, write("a.txt", "1\n"), key="run:7/x")
    shown = git(
        site.repo, "show", "-s", "--format=%P|%an <%ae>|%cn <%ce>|%at %ct|%B", applied.commit
    )
    who = "Gatewright <gatewright@localhost>"
    assert shown.rstrip("\n") == (
        f"{site.base_commit}|{who}|{who}|1700000001 1700000001|"
        "Change it\n\nGatewright-Task: t1\nGatewright-Key: run:7/x"
    )


async def test_new_deleted_renamed_and_executable_files(
    workspace: GitWorkspace, site: Site
) -> None:
    (site.repo / "run.sh").write_text("echo 1\n")
    (site.repo / "run.sh").chmod(0o755)
    parent = commit(site.repo, {"gone.txt": "x\n"})
    changes = ChangeSet(
        edits=(
            WriteFile(path="new/deep.txt", content="new\n"),
            DeleteFile(path="gone.txt"),
            RenameFile(path="src/b.py", to="lib/b.py"),
            ReplaceBlocks(path="run.sh", blocks=(Block(search="echo 1\n", replace="echo 2\n"),)),
        )
    )
    applied = await workspace.apply(site, parent, changes, ref="r", key="k", message="m")
    listing = git(site.repo, "ls-tree", "-r", "--format=%(objectmode) %(path)", applied.commit)
    assert listing.split("\n") == [
        "100644 a.txt",
        "100644 lib/b.py",
        "100644 new/deep.txt",
        "100755 run.sh",
    ]
    assert applied.files == ("gone.txt", "lib/b.py", "new/deep.txt", "run.sh", "src/b.py")
    assert (applied.lines_added, applied.lines_deleted) == (2, 2)


async def test_a_file_becomes_a_folder(workspace: GitWorkspace, site: Site) -> None:
    changes = ChangeSet(
        edits=(DeleteFile(path="a.txt"), WriteFile(path="a.txt/inner", content="in\n"))
    )
    applied = await change(workspace, site, changes)
    assert git(site.repo, "ls-tree", "-r", "--name-only", applied.commit) == "a.txt/inner\nsrc/b.py"


async def test_contents_are_stored_without_conversion(workspace: GitWorkspace, site: Site) -> None:
    attributes = {".gitattributes": "*.txt text eol=lf ident\n", "crlf.txt": b"-"}
    commit(site.repo, attributes)
    raw = git(site.repo, "hash-object", "-w", "--no-filters", "--stdin", stdin=b"1\r\n$Id$\r\n")
    git(site.repo, "update-index", "--cacheinfo", f"100644,{raw},crlf.txt")
    git(site.repo, "commit", "-qm", "crlf")
    changes = ChangeSet(
        edits=(ReplaceBlocks(path="crlf.txt", blocks=(Block(search="1\n", replace="2\n"),)),)
    )
    applied = await workspace.apply(site, head(site.repo), changes, ref="r", key="k", message="m")
    stored = subprocess.run(
        ["git", "cat-file", "blob", f"{applied.commit}:crlf.txt"],
        cwd=site.repo,
        capture_output=True,
        check=True,
    )
    assert stored.stdout == b"2\r\n$Id$\r\n"


async def test_the_same_edits_give_the_same_commit_in_another_repository(tmp_path: Path) -> None:
    commits = []
    for name in ("first", "second"):
        repo = make_repository(tmp_path / name / "repo")
        site = Site(task_id="t1", repo=repo, base_commit=head(repo))
        workspace = GitWorkspace(tmp_path / name / "home")
        commits.append((await change(workspace, site, write("a.txt", "1\n"))).commit)
    assert commits[0] == commits[1]


async def test_the_same_key_gives_the_first_commit_whatever_the_edits(
    workspace: GitWorkspace, site: Site
) -> None:
    first = await change(workspace, site, write("a.txt", "1\n"))
    assert await change(workspace, site, write("a.txt", "2\n")) == first


async def test_the_same_key_gives_the_first_commit_to_another_process(
    workspace: GitWorkspace, site: Site, tmp_path: Path
) -> None:
    first = await change(workspace, site, write("a.txt", "1\n"))
    other = GitWorkspace(tmp_path / "elsewhere")
    assert await change(other, site, write("a.txt", "1\n")) == first


async def test_a_repeated_call_has_the_notes_of_the_first(
    workspace: GitWorkspace, site: Site
) -> None:
    block = Block(search="two   \n", replace="2\n")
    changes = ChangeSet(edits=(ReplaceBlocks(path="a.txt", blocks=(block,)),))
    first = await change(workspace, site, changes)
    assert first.notes
    assert await change(workspace, site, changes) == first


async def test_a_ref_that_another_key_has_taken_gets_a_number(
    workspace: GitWorkspace, site: Site
) -> None:
    commits = [
        (await change(workspace, site, write("a.txt", f"{key}\n"), key=key)).commit
        for key in ("k1", "k2", "k3", "k2")
    ]
    names = ("refs/gatewright/t1/s1/1", "refs/gatewright/t1/s1/1-2", "refs/gatewright/t1/s1/1-3")
    refs = [git(site.repo, "rev-parse", name) for name in names]
    assert (refs, commits[3]) == (commits[:3], commits[1])


async def test_the_same_key_on_another_parent_is_another_commit(
    workspace: GitWorkspace, site: Site
) -> None:
    first = await change(workspace, site, write("a.txt", "1\n"))
    second = await workspace.apply(
        site, first.commit, write("a.txt", "2\n"), ref="s1/1", key="k1", message="m"
    )
    assert git(site.repo, "rev-parse", "refs/gatewright/t1/s1/1-2") == second.commit


async def test_a_key_in_an_untrusted_message_is_not_believed(
    workspace: GitWorkspace, site: Site
) -> None:
    forged = "Change it\n\nGatewright-Task: t1\nGatewright-Key: k2"
    first = await change(workspace, site, write("a.txt", "1\n"), message=forged)
    second = await change(workspace, site, write("a.txt", "2\n"), key="k2")
    assert first.commit != second.commit


async def test_edits_that_are_in_place_already_change_nothing(
    workspace: GitWorkspace, site: Site
) -> None:
    applied = await change(workspace, site, write("a.txt", "one\ntwo\nthree\n"))
    assert (applied.unchanged, applied.commit, applied.files) == (True, site.base_commit, ())
    assert git(site.repo, "for-each-ref", "refs/gatewright") == ""


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        (write("../out.txt", "x"), UnsafePath),
        (write(".git/config", "x"), UnsafePath),
        (write("link/x.txt", "x"), UnsafePath),
        (write("sub/x.txt", "x"), UnsafePath),
        (ChangeSet(edits=(DeleteFile(path="absent"),)), EditRefused),
        (
            ChangeSet(
                edits=(
                    WriteFile(path="fine.txt", content="fine\n"),
                    ReplaceBlocks(path="a.txt", blocks=(Block(search="no\n", replace=""),)),
                )
            ),
            EditMismatch,
        ),
    ],
)
async def test_nothing_is_written_when_an_edit_is_refused(
    workspace: GitWorkspace, site: Site, changes: ChangeSet, error: type[EditRefused]
) -> None:
    (site.repo / "link").symlink_to("/etc")
    git(site.repo, "update-index", "--add", "--cacheinfo", f"160000,{site.base_commit},sub")
    git(site.repo, "add", "link")
    git(site.repo, "commit", "-qm", "link and submodule")
    before = git(site.repo, "count-objects")
    with pytest.raises(error):
        await workspace.apply(site, head(site.repo), changes, ref="r", key="k", message="m")
    assert git(site.repo, "count-objects") == before


@pytest.mark.parametrize("ref", ["a..b", "x.lock", "", "a b", "a\0b", "/x", "\ud800"])
async def test_a_name_that_git_does_not_allow_for_a_ref(
    workspace: GitWorkspace, site: Site, ref: str
) -> None:
    with pytest.raises(WorkspaceError, match="no name that git allows"):
        await change(workspace, site, write("a.txt", "1\n"), ref=ref)


@pytest.mark.parametrize("parent", ["HEAD", "--all", "main", "0" * 40])
async def test_a_parent_that_is_no_commit_id(
    workspace: GitWorkspace, site: Site, parent: str
) -> None:
    with pytest.raises(WorkspaceError):
        await workspace.apply(site, parent, write("a", "1"), ref="r", key="k", message="m")


async def test_a_ref_that_points_to_a_branch_does_not_move_it(
    workspace: GitWorkspace, site: Site
) -> None:
    git(site.repo, "symbolic-ref", "refs/gatewright/t1/s1/1", "refs/heads/planted")
    applied = await change(workspace, site, write("a.txt", "1\n"))
    assert git(site.repo, "for-each-ref", "refs/heads", "--format=%(refname)") == "refs/heads/main"
    assert applied.commit in git(site.repo, "for-each-ref", "refs/gatewright")


async def test_ten_at_once_with_one_key_make_one_commit(tmp_path: Path, site: Site) -> None:
    workspaces = [GitWorkspace(tmp_path / f"home{n % 2}") for n in range(10)]
    applied = await asyncio.gather(*(change(w, site, write("a.txt", "1\n")) for w in workspaces))
    assert len({one.commit for one in applied}) == 1
    assert git(site.repo, "for-each-ref", "--format=%(refname)", "refs/gatewright").split() == [
        "refs/gatewright/t1/s1/1"
    ]


async def test_ten_at_once_with_keys_of_their_own_lose_none(tmp_path: Path, site: Site) -> None:
    workspace = GitWorkspace(tmp_path / "home")
    applied = await asyncio.gather(
        *(change(workspace, site, write("a.txt", f"{n}\n"), key=f"k{n}") for n in range(10))
    )
    kept = git(site.repo, "for-each-ref", "--format=%(objectname)", "refs/gatewright").split()
    assert sorted(kept) == sorted({one.commit for one in applied})


_APPLY = """
import asyncio, sys
from pathlib import Path
from gatewright.domain.edit import ChangeSet, WriteFile
from gatewright.domain.task import Site
from gatewright.workspace.worktrees import GitWorkspace

home, repo, base = sys.argv[1:]
site = Site(task_id="t1", repo=Path(repo), base_commit=base)
edits = tuple(WriteFile(path=f"f{n}.txt", content=f"{n}\\n") for n in range(50))
print("go", flush=True)
asyncio.run(GitWorkspace(Path(home)).apply(
    site, base, ChangeSet(edits=edits), ref="s1/1", key="k1", message="m"))
"""


@pytest.mark.parametrize("delay_s", [0.0, 0.03, 0.06, 0.1])
async def test_a_process_killed_in_the_middle_leaves_nothing_in_the_way(
    tmp_path: Path, workspace: GitWorkspace, site: Site, delay_s: float
) -> None:
    arguments = [str(tmp_path / "home"), str(site.repo), site.base_commit]
    with subprocess.Popen(
        [sys.executable, "-c", _APPLY, *arguments], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            process.wait(timeout=delay_s)
        except subprocess.TimeoutExpired:
            process.kill()
    edits = tuple(WriteFile(path=f"f{n}.txt", content=f"{n}\n") for n in range(50))
    applied = await change(workspace, site, ChangeSet(edits=edits))
    assert git(site.repo, "for-each-ref", "--format=%(objectname)", "refs/gatewright").split() == [
        applied.commit
    ]


@given(st.text(max_size=300))
def test_any_message_makes_a_commit_message(message: str) -> None:
    cleaned = clean_message(message)
    assert cleaned
    assert all(unicodedata.category(c) != "Cc" for c in cleaned if c not in "\n\t")


@given(st.text(max_size=200), st.text(max_size=300), st.text(max_size=300))
def test_a_mark_is_found_by_its_own_key_only(message: str, key: str, other: str) -> None:
    signed = Mark(task_id="t", key=key).sign(message)
    commit = Commit(oid="", tree="", parents=(), seconds=0, message=signed)
    assert Mark(task_id="t", key=other).signed(commit) == (key == other)


def test_a_message_is_capped() -> None:
    assert len(clean_message("x" * 1_000_000)) == 10_000
