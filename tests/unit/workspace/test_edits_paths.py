import pytest

from gatewright.domain.edit import ChangeSet, DeleteFile, FileEdit, RenameFile, WriteFile
from gatewright.domain.errors import EditRefused, UnsafePath
from gatewright.workspace.edits.apply import Blob, edit

PARENT = {
    "app.py": Blob(data=b"a\n"),
    "link": Blob(data=b"/etc", kind="link"),
    "lib/sub": Blob(data=b"0" * 40, kind="submodule"),
}


def apply(*edits: FileEdit) -> dict[str, Blob | None]:
    return dict(edit(ChangeSet(edits=edits), PARENT.get, list(PARENT)).files)


UNSAFE = [
    "",
    "/etc/passwd",
    "//server/share",
    "..",
    "../x",
    "a/../../x",
    "a/..",
    "./x",
    "a//b",
    "a/",
    ".",
    "a\\b",
    "..\\x",
    "C:/x",
    "c:x",
    "a\0b",
    "a\nb",
    "a\x7fb",
    "a\u202eb",
    "a\u2028b",
    ".git/config",
    ".GIT/config",
    "sub/.Git/hooks/x",
    "a/.git",
    "git~1/config",
    "GIT~1",
    "git~2/x",
    ".git./x",
    ".git /x",
    ".git. . /x",
    ".git:stream/x",
    ".git::$INDEX_ALLOCATION/x",
    ".g\u200cit/config",
    "\ufeff.git/x",
    "x.",
    "x ",
    "a /b",
    "x" * 256,
    "/".join(["x" * 99] * 11),
    "link",
    "link/passwd",
    "lib/sub",
    "lib/sub/x.py",
]


@pytest.mark.parametrize("path", UNSAFE)
def test_unsafe_to_write(path: str) -> None:
    with pytest.raises(UnsafePath):
        apply(WriteFile(path=path, content="x\n"))


@pytest.mark.parametrize("path", UNSAFE)
def test_unsafe_to_rename_to(path: str) -> None:
    # What is a link or a submodule itself is there already, which is refused as such.
    with pytest.raises(EditRefused):
        apply(RenameFile(path="app.py", to=path))


@pytest.mark.parametrize("path", [path for path in UNSAFE if path != "link"])
def test_unsafe_to_delete(path: str) -> None:
    with pytest.raises(UnsafePath):
        apply(DeleteFile(path=path))


def test_a_link_itself_may_go_away() -> None:
    assert apply(DeleteFile(path="link")) == {"link": None}


def test_where_a_link_was_a_folder_may_come() -> None:
    files = apply(DeleteFile(path="link"), WriteFile(path="link/x", content="x\n"))
    assert files == {"link": None, "link/x": Blob(data=b"x\n")}


@pytest.mark.parametrize(
    "path", [".github/x.yml", ".gitignore", "git/x", "a.git/x", "...x", "a b/c d", "ünï/ç", "x~1"]
)
def test_plain_paths_are_written(path: str) -> None:
    assert apply(WriteFile(path=path, content="x\n")) == {path: Blob(data=b"x\n")}


def test_an_invisible_path_is_shown_escaped() -> None:
    with pytest.raises(UnsafePath, match=r"\\u202e"):
        apply(WriteFile(path="a\u202eb", content="x\n"))


def test_names_that_only_unicode_tells_apart_clash() -> None:
    with pytest.raises(EditRefused, match="differs only in case"):
        apply(
            WriteFile(path="caf\u00e9.py", content="x\n"),
            WriteFile(path="cafe\u0301.py", content="x\n"),
        )
