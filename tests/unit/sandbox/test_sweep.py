from pathlib import Path

import pytest

from gatewright.workspace.sandbox.sweep import remove


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    (made / "deep" / "deeper").mkdir(parents=True)
    (made / "deep" / "deeper" / "file").touch()
    return made


def test_directories_without_permissions(folder: Path) -> None:
    (folder / "deep" / "deeper").chmod(0)
    (folder / "deep").chmod(0)
    remove(folder)
    assert not folder.exists()


def test_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o500)
    (outside / "kept").symlink_to(folder)
    (folder / "link").symlink_to(outside)
    (folder / "deep").chmod(0)
    remove(folder)
    assert (outside.stat().st_mode & 0o777, (outside / "kept").is_symlink()) == (0o500, True)


def test_what_is_not_there(tmp_path: Path) -> None:
    remove(tmp_path / "missing")
    assert list(tmp_path.iterdir()) == []
