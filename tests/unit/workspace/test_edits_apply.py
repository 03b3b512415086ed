from collections.abc import Mapping

import pytest

from gatewright.domain.edit import (
    Block,
    ChangeSet,
    DeleteFile,
    FileEdit,
    RenameFile,
    ReplaceBlocks,
    WriteFile,
)
from gatewright.domain.errors import EditMismatch, EditRefused
from gatewright.workspace.edits.apply import Blob, Edited, edit

PARENT = {
    "app.py": Blob(data=b"a = 1\nb = 2\n"),
    "run.sh": Blob(data=b"echo hello\n", kind="executable"),
    "pkg/mod.py": Blob(data=b"x = 1\n"),
    "empty.txt": Blob(data=b""),
    "logo.png": Blob(data=b"\x89PNG\0\0"),
    "latin.txt": Blob(data="café\n".encode("latin-1")),
}


def apply(*edits: FileEdit, parent: Mapping[str, Blob] = PARENT) -> Edited:
    return edit(ChangeSet(edits=edits), parent.get, list(parent))


def replace(path: str, *pairs: tuple[str, str]) -> ReplaceBlocks:
    return ReplaceBlocks(path=path, blocks=tuple(Block(search=s, replace=r) for s, r in pairs))


def contents(edited: Edited) -> dict[str, bytes | None]:
    return {path: blob and blob.data for path, blob in edited.files.items()}


@pytest.mark.parametrize(
    ("edits", "files"),
    [
        ([WriteFile(path="app.py", content="z\n")], {"app.py": b"z\n"}),
        ([WriteFile(path="new/deep/file.py", content="z\n")], {"new/deep/file.py": b"z\n"}),
        ([WriteFile(path="new.py", content="z")], {"new.py": b"z\n"}),
        ([WriteFile(path="new.py", content="")], {"new.py": b""}),
        ([WriteFile(path="app.py", content="a = 1\nb = 2\n")], {}),
        ([replace("app.py", ("a = 1\n", "a = 9\n"))], {"app.py": b"a = 9\nb = 2\n"}),
        ([replace("app.py", ("a = 1", "a = 9"))], {"app.py": b"a = 9\nb = 2\n"}),
        ([replace("app.py", ("a = 1\n", ""))], {"app.py": b"b = 2\n"}),
        ([replace("app.py", ("a = 1\nb = 2\n", ""))], {"app.py": b""}),
        (
            [replace("app.py", ("a = 1\n", "a = 9\n"), ("a = 9\nb = 2\n", "c = 3\n"))],
            {"app.py": b"c = 3\n"},
        ),
        ([replace("new.py", ("", "z = 1\n"), ("z = 1\n", "z = 2\n"))], {"new.py": b"z = 2\n"}),
        ([replace("new.py", ("", ""))], {"new.py": b""}),
        ([replace("empty.txt", ("", "z\n"))], {"empty.txt": b"z\n"}),
        ([DeleteFile(path="app.py")], {"app.py": None}),
        ([DeleteFile(path="logo.png")], {"logo.png": None}),
        (
            [RenameFile(path="logo.png", to="a/b.png")],
            {"logo.png": None, "a/b.png": PARENT["logo.png"].data},
        ),
        (
            [RenameFile(path="app.py", to="main.py"), replace("main.py", ("a = 1\n", "a = 2\n"))],
            {"app.py": None, "main.py": b"a = 2\nb = 2\n"},
        ),
        (
            [WriteFile(path="n.py", content="one\n"), replace("n.py", ("one\n", "two\n"))],
            {"n.py": b"two\n"},
        ),
        ([WriteFile(path="n.py", content="one\n"), DeleteFile(path="n.py")], {}),
        (
            [RenameFile(path="app.py", to="x.py"), RenameFile(path="x.py", to="app.py")],
            {},
        ),
        ([DeleteFile(path="app.py"), WriteFile(path="app.py", content="n\n")], {"app.py": b"n\n"}),
        (
            [DeleteFile(path="app.py"), WriteFile(path="app.py/x", content="n\n")],
            {"app.py": None, "app.py/x": b"n\n"},
        ),
        (
            [DeleteFile(path="pkg/mod.py"), WriteFile(path="pkg", content="n\n")],
            {"pkg": b"n\n", "pkg/mod.py": None},
        ),
        ([RenameFile(path="app.py", to="App.py")], {"App.py": b"a = 1\nb = 2\n", "app.py": None}),
    ],
)  # fmt: skip
def test_what_the_files_become(edits: list[FileEdit], files: dict[str, bytes | None]) -> None:
    assert contents(apply(*edits)) == files


@pytest.mark.parametrize(
    ("edits", "path", "reason"),
    [
        ([], "(no file)", "holds no edit"),
        ([WriteFile(path="logo.png", content="x")], "logo.png", "binary"),
        ([replace("logo.png", ("x", "y"))], "logo.png", "binary"),
        ([WriteFile(path="latin.txt", content="x")], "latin.txt", "not UTF-8 (byte 3)"),
        ([replace("latin.txt", ("caf", "x"))], "latin.txt", "not UTF-8"),
        ([WriteFile(path="n.py", content="a\0b")], "n.py", "NUL"),
        ([WriteFile(path="n.py", content="x" * (2 * 2**20 + 1))], "n.py", "at most 2097152"),
        ([replace("app.py", ("a = 1\n", "é" * 2**20 + "x"))], "app.py", "at most 2097152"),
        ([replace("app.py")], "app.py", "no block"),
        ([replace("none.py", ("a\n", "b\n"))], "none.py", "no such file"),
        ([replace("app.py", ("", "b\n"))], "app.py", "not empty"),
        ([replace("app.py", (" \n\n", "b\n"))], "app.py", "blank"),
        ([DeleteFile(path="none.py")], "none.py", "no such file"),
        ([DeleteFile(path="pkg")], "pkg", "no such file"),
        ([DeleteFile(path="app.py"), DeleteFile(path="app.py")], "app.py", "no such file"),
        ([DeleteFile(path="app.py"), replace("app.py", ("a", "b"))], "app.py", "no such file"),
        ([RenameFile(path="none.py", to="n.py")], "none.py", "no such file"),
        ([RenameFile(path="app.py", to="run.sh")], "run.sh", "is there already"),
        ([RenameFile(path="app.py", to="app.py")], "app.py", "is there already"),
        ([RenameFile(path="app.py", to="pkg")], "pkg", "is a folder"),
        ([WriteFile(path="pkg", content="x")], "pkg", "is a folder"),
        ([WriteFile(path="app.py/x.py", content="x")], "app.py/x.py", "'app.py' is a file"),
        ([WriteFile(path="App.py", content="x")], "App.py", "'app.py' is there"),
        ([WriteFile(path="PKG/new.py", content="x")], "PKG/new.py", "'pkg' is there"),
        (
            [WriteFile(path="n.py", content="x"), WriteFile(path="N.py", content="x")],
            "N.py",
            "'n.py' is there",
        ),
        ([WriteFile(path="n.py", content="a\n# ... rest of the code ...\n")], "n.py", "left out"),
        ([replace("app.py", ("a = 1\n", "a = 2\n# ... existing code\n"))], "app.py", "left out"),
    ],
)  # fmt: skip
def test_what_is_refused(edits: list[FileEdit], path: str, reason: str) -> None:
    with pytest.raises(EditRefused) as refused:
        apply(*edits)
    assert (refused.value.path, reason in refused.value.reason) == (path, True)


def test_the_executable_bit_stays() -> None:
    edited = apply(replace("run.sh", ("echo hello\n", "echo bye\n")))
    assert edited.files == {"run.sh": Blob(data=b"echo bye\n", kind="executable")}


def test_a_renamed_file_keeps_its_executable_bit() -> None:
    edited = apply(RenameFile(path="run.sh", to="go.sh"))
    assert edited.files["go.sh"] == PARENT["run.sh"]


def test_a_file_too_big_to_search_is_refused() -> None:
    parent = {"big.txt": Blob(data=b"x\n" * (4 * 2**20 + 1))}
    with pytest.raises(EditRefused, match="can be edited"):
        apply(replace("big.txt", ("y\n", "z\n")), parent=parent)


def test_a_refusal_names_the_block() -> None:
    with pytest.raises(EditMismatch, match=r"app.py: block 2 of 2: the quoted lines are not"):
        apply(replace("app.py", ("a = 1\n", "a = 2\n"), ("zebra\n", "y\n")))


def test_python_dots_are_no_elision() -> None:
    edited = apply(WriteFile(path="p.py", content="def f() -> None:\n    ...\n"))
    assert contents(edited) == {"p.py": b"def f() -> None:\n    ...\n"}


def test_an_elision_that_the_file_itself_has_is_its_own() -> None:
    parent = {"p.py": Blob(data=b"a = 1\n# ... rest of the code ...\n")}
    edited = apply(
        WriteFile(path="p.py", content="a = 2\n# ... rest of the code ...\n"), parent=parent
    )
    assert contents(edited) == {"p.py": b"a = 2\n# ... rest of the code ...\n"}


@pytest.mark.parametrize(
    ("one", "line", "message"),
    [
        (WriteFile(path="app.py", content="a = 1\nb = 2\n"), None, "already as it was written"),
        (replace("app.py", ("a = 0\n", "a = 1\n")), 1, "in place already"),
        (replace("app.py", ("", "a = 1\nb = 2\n")), None, "in place already"),
        (replace("app.py", ("a = 1\n", "a = 1\n")), None, "by the same lines"),
    ],
)
def test_an_edit_that_changes_nothing_is_noted(one: FileEdit, line: int, message: str) -> None:
    edited = apply(one)
    (note,) = edited.notes
    assert (edited.files, note.check, note.severity, note.file, note.line) == (
        {}, "edit", "note", "app.py", line,
    )  # fmt: skip
    assert message in note.message


def test_an_exact_edit_is_not_noted() -> None:
    assert apply(replace("app.py", ("a = 1\n", "a = 9\n"))).notes == ()
