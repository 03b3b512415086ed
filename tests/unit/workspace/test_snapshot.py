"""A copy of a checkout as it is, and a change written into it."""

from pathlib import Path

import pytest

from gatewright.domain.edit import Block, ChangeSet, ReplaceBlocks
from gatewright.domain.errors import EditRefused, InputError, WorkspaceError
from gatewright.workspace.snapshot import copy_of_checkout, edited, write_edited
from tests.unit.workspace.gate_support import commit, git


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path / "shop"
    top.mkdir()
    git(top, "init", "-q")
    commit(top, {"shop.py": "x = 1\n", "gone.py": "", "sub/part.py": "y = 2\n"})
    return top


def change(path: str, old: str, new: str) -> ChangeSet:
    return ChangeSet(edits=(ReplaceBlocks(path=path, blocks=(Block(search=old, replace=new),)),))


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


async def test_the_copy_is_of_the_files_as_they_are(top: Path) -> None:
    (top / "shop.py").write_text("x = 3\n")
    (top / "new.py").write_text("z = 4\n")
    (top / "gone.py").unlink()
    (top / ".git/info/exclude").write_text("ignored.py\nvenv\n")
    (top / "ignored.py").write_text("secret\n")
    async with copy_of_checkout(top) as copy:
        found = tree(copy)
    assert found == {"shop.py": "x = 3\n", "new.py": "z = 4\n", "sub/part.py": "y = 2\n"}
    assert not copy.exists()


async def test_an_environment_in_the_checkout_is_left_out(top: Path) -> None:
    (top / "env" / "lib").mkdir(parents=True)
    (top / "env" / "pyvenv.cfg").write_text("home = /usr\n")
    (top / "env" / "lib" / "x.py").write_text("")
    async with copy_of_checkout(top) as copy:
        assert not (copy / "env").exists()


async def test_what_stands_behind_a_link_is_not_copied(top: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "part.py").write_text("not ours\n")
    (top / "sub" / "part.py").unlink()
    (top / "sub").rmdir()
    (top / "sub").symlink_to(outside)
    async with copy_of_checkout(top) as copy:
        assert "not ours\n" not in tree(copy).values()


async def test_what_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="repo"):
        async with copy_of_checkout(tmp_path):
            pass


def test_edits_are_of_the_files_on_disk_and_keep_their_mode(top: Path) -> None:
    (top / "shop.py").chmod(0o755)
    files = edited(top, change("shop.py", "x = 1", "x = 2"))
    assert (files, (top / "shop.py").read_text()) == (
        {"shop.py": (b"x = 1\n", b"x = 2\n")},
        "x = 1\n",
    )
    write_edited(top, files)
    assert (top / "shop.py").read_text() == "x = 2\n"
    assert (top / "shop.py").stat().st_mode & 0o777 == 0o755
    assert git(top, "status", "--porcelain").splitlines()[0].endswith("shop.py")


def test_what_was_changed_meanwhile_is_left_as_it_is(top: Path) -> None:
    files = edited(top, change("shop.py", "x = 1", "x = 2"))
    (top / "shop.py").write_text("x = 9\n")
    with pytest.raises(WorkspaceError, match=r"shop\.py"):
        write_edited(top, files)
    assert (top / "shop.py").read_text() == "x = 9\n"


def test_a_file_that_became_a_link_is_not_written_through(top: Path, tmp_path: Path) -> None:
    files = edited(top, change("shop.py", "x = 1", "x = 2"))
    elsewhere = tmp_path / "elsewhere.py"
    elsewhere.write_text("x = 1\n")
    (top / "shop.py").unlink()
    (top / "shop.py").symlink_to(elsewhere)
    with pytest.raises(WorkspaceError):
        write_edited(top, files)
    assert elsewhere.read_text() == "x = 1\n"


def test_a_link_that_lies_in_wait_beside_a_file_is_not_written_through(
    top: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.py"
    elsewhere.write_text("mine\n")
    (top / ".shop.py.gatewright-new").symlink_to(elsewhere)
    write_edited(top, edited(top, change("shop.py", "x = 1", "x = 2")))
    assert (elsewhere.read_text(), (top / "shop.py").read_text()) == ("mine\n", "x = 2\n")
    assert [path.name for path in top.glob(".gatewright-*")] == []


def test_an_edit_that_does_not_fit_is_refused(top: Path) -> None:
    with pytest.raises(EditRefused):
        edited(top, change("shop.py", "x = 7", "x = 8"))
