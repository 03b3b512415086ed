"""Disposable copies of a commit: raw, complete, contained, and gone at the end."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from gatewright.domain.errors import WorkspaceError
from gatewright.domain.task import Site
from gatewright.workspace.worktrees import GitWorkspace
from tests.unit.workspace.git_support import blob, commit, git, head, make_repository, make_tree

_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n"


@pytest.fixture
def workspace(tmp_path: Path) -> GitWorkspace:
    return GitWorkspace(tmp_path / "home")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repo")


@pytest.fixture
def site(repo: Path) -> Site:
    return Site(task_id="t1", repo=repo, base_commit=head(repo))


def listing(root: Path) -> dict[str, bytes | str]:
    """Contents by path; of a link its target, of an empty folder nothing."""
    found: dict[str, bytes | str] = {}
    for path in root.rglob("*"):
        if path.is_symlink():
            found[str(path.relative_to(root))] = f"-> {path.readlink()}"
        elif path.is_file():
            found[str(path.relative_to(root))] = path.read_bytes()
        elif not any(path.iterdir()):
            found[str(path.relative_to(root))] = ""
    return found


async def test_all_kinds_of_entries_are_as_in_the_commit(
    workspace: GitWorkspace, site: Site, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (site.repo / "link").symlink_to(outside)
    (site.repo / "dangling").symlink_to("nowhere")
    git(site.repo, "update-index", "--add", "--cacheinfo", f"160000,{site.base_commit},vendor/sub")
    git(site.repo, "add", "link", "dangling")
    git(site.repo, "commit", "-qm", "links")
    files = {"deep/er/x.bin": b"\0\1\r\n", "empty": b"", "naïve\n☃": b"x"}
    for path, content in files.items():
        (site.repo / path).parent.mkdir(parents=True, exist_ok=True)
        (site.repo / path).write_bytes(content)
        git(site.repo, "add", path)
    git(site.repo, "commit", "-qm", "files")
    async with workspace.checkout(site, head(site.repo)) as root:
        assert listing(root) == {
            "a.txt": b"one\ntwo\nthree\n",
            "src/b.py": b"x = 1\n",
            "link": f"-> {outside}",
            "dangling": "-> nowhere",
            "vendor/sub": "",
            **files,
        }


async def test_executable_bits_are_kept(workspace: GitWorkspace, site: Site) -> None:
    (site.repo / "run.sh").write_text("true\n")
    (site.repo / "run.sh").chmod(0o755)
    async with workspace.checkout(site, commit(site.repo, {})) as root:
        runnable = [p.name for p in root.iterdir() if p.is_file() and p.stat().st_mode & 0o100]
    assert runnable == ["run.sh"]


async def test_nothing_is_converted_substituted_or_left_out(
    workspace: GitWorkspace, site: Site
) -> None:
    git(site.repo, "config", "core.autocrlf", "true")
    git(site.repo, "config", "core.symlinks", "false")
    attributes = "* text eol=crlf ident export-subst\nhidden export-ignore\n*.big filter=lfs\n"
    files = {
        ".gitattributes": attributes,
        "hidden": "hidden\n",
        "x.big": _POINTER,
        "subst.txt": "$Id$ $Format:%H$\n",
    }
    there = commit(site.repo, files)
    async with workspace.checkout(site, there) as root:
        assert {path: (root / path).read_bytes().decode() for path in files} == files


async def test_a_copy_is_private_has_no_git_and_is_named_like_the_repository(
    workspace: GitWorkspace, site: Site
) -> None:
    async with workspace.checkout(site, site.base_commit) as root:
        assert root.name == "repo"
        assert root.stat().st_mode & 0o777 == 0o700
        assert root.parent.stat().st_mode & 0o777 == 0o700
        assert sorted(path.name for path in root.iterdir()) == ["a.txt", "src"]


async def test_a_copy_goes_whatever_was_done_to_it(
    workspace: GitWorkspace, site: Site, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("kept\n")
    async with workspace.checkout(site, site.base_commit) as root:
        (root / "src" / "escape").symlink_to(kept)
        (root / "src" / "more").mkdir()
        (root / "src" / "more" / "x").write_text("x")
        (root / "src" / "more").chmod(0)
        (root / "src").chmod(0o500)
        root.chmod(0o500)
    assert not root.parent.exists()
    assert (kept / "file").read_text() == "kept\n"


async def test_a_copy_goes_when_its_user_fails(workspace: GitWorkspace, site: Site) -> None:
    with pytest.raises(ZeroDivisionError):
        async with workspace.checkout(site, site.base_commit) as root:
            raise ZeroDivisionError
    assert not root.parent.exists()


async def test_a_copy_goes_when_it_is_cancelled_while_being_made(
    workspace: GitWorkspace, site: Site, tmp_path: Path
) -> None:
    there = commit(site.repo, {f"d{n % 20}/f{n}.txt": f"{n}\n" for n in range(2000)})

    async def use() -> None:
        async with workspace.checkout(site, there):
            pytest.fail("it was to be cancelled before")

    task = asyncio.create_task(use())
    scratch = tmp_path / "home" / "scratch" / "git"
    while not list(scratch.glob("*/repo/d*")) and not task.done():
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(scratch.iterdir()) == []


_HOLD = """
import asyncio, sys
from pathlib import Path
from gatewright.domain.task import Site
from gatewright.workspace.worktrees import GitWorkspace

async def hold(home, repo, base):
    site = Site(task_id="t1", repo=Path(repo), base_commit=base)
    async with GitWorkspace(Path(home)).checkout(site, base) as root:
        print(root, flush=True)
        await asyncio.Event().wait()

asyncio.run(hold(*sys.argv[1:]))
"""


async def test_sweep_takes_the_copies_of_the_dead_and_leaves_those_of_the_living(
    workspace: GitWorkspace, site: Site, tmp_path: Path
) -> None:
    arguments = [str(tmp_path / "home"), str(site.repo), site.base_commit]
    with subprocess.Popen([sys.executable, "-c", _HOLD, *arguments], stdout=subprocess.PIPE) as it:
        assert it.stdout is not None
        root = Path(it.stdout.readline().decode().strip())
        async with workspace.checkout(site, site.base_commit) as ours:
            await workspace.sweep()
            assert (root.is_dir(), ours.is_dir()) == (True, True)
        it.kill()
    await workspace.sweep()
    assert list((tmp_path / "home" / "scratch" / "git").iterdir()) == []


async def test_sweeping_and_copying_at_once_take_nothing_away(
    workspace: GitWorkspace, site: Site
) -> None:
    async def use() -> bool:
        async with workspace.checkout(site, site.base_commit) as root:
            await workspace.sweep()
            return (root / "a.txt").is_file()

    assert all(await asyncio.gather(*(use() for _ in range(8))))


_CRAFTED = {
    "upwards": ["{tree}\t.."],
    "git folder": ["{tree}\t.git"],
    "git folder in capitals": ["{tree}\t.GIT"],
    "slash": ["{file}\t../x"],
    "link and folder": ["{link}\td", "{tree}\td"],
    "file and folder": ["{file}\td", "{tree}\td"],
    "twice": ["{file}\tx", "{link}\tx"],
}
"""Commits that lead out of their trees; git itself makes no such thing."""


def crafted(repo: Path, kind: str, victim: Path) -> str:
    text, link = blob(repo, b"evil\n"), blob(repo, str(victim).encode())
    inner = git(repo, "mktree", stdin=f"100644 blob {text}\tx\n".encode())
    entries = {"file": f"100644 {text}", "link": f"120000 {link}", "tree": f"40000 {inner}"}
    return make_tree(repo, *(line.format(**entries) for line in _CRAFTED[kind]))


@pytest.mark.parametrize("kind", _CRAFTED)
async def test_a_commit_that_leads_out_is_refused(
    workspace: GitWorkspace, site: Site, tmp_path: Path, kind: str
) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    evil = crafted(site.repo, kind, victim)
    with pytest.raises(WorkspaceError):
        async with workspace.checkout(site, evil):
            pass
    assert list(victim.iterdir()) == []
    assert list((tmp_path / "home" / "scratch" / "git").iterdir()) == []


@pytest.mark.parametrize("commit_id", ["HEAD", "--help", "1" * 40, ""])
async def test_what_is_no_commit(workspace: GitWorkspace, site: Site, commit_id: str) -> None:
    with pytest.raises(WorkspaceError):
        async with workspace.checkout(site, commit_id):
            pass


async def test_a_damaged_repository_is_named_as_such(workspace: GitWorkspace, site: Site) -> None:
    oid = git(site.repo, "rev-parse", "HEAD:a.txt")
    (site.repo / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    with pytest.raises(WorkspaceError, match="git fsck"):
        async with workspace.checkout(site, site.base_commit):
            pass
