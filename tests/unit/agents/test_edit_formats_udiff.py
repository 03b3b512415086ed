import pytest

from agents.edit_formats import parse
from gatewright.domain.edit import Block, DeleteFile, RenameFile, ReplaceBlocks
from gatewright.domain.errors import BadAnswer

HUNK = " c\n-a\n+b\n"
BLOCK = Block(search="c\na\n", replace="c\nb\n")
NAMES = "--- a/x.py\n+++ b/x.py\n"


def read(text: str) -> tuple[object, ...]:
    return parse(text, fmt="udiff", model="m").edits


@pytest.mark.parametrize(
    "text",
    [
        f"{NAMES}@@ -1,2 +1,2 @@\n{HUNK}",
        f"{NAMES}@@ -99 +7,1234 @@ def f():\n{HUNK}",
        f"{NAMES}@@ ... @@\n{HUNK}",
        f"{NAMES}@@\n{HUNK}",
        f"{NAMES}{HUNK}",
        f"--- x.py\n+++ x.py\n@@\n{HUNK}",
        f"--- ./x.py\t2026-01-01\n+++ ./x.py\t2026-01-01\n@@\n{HUNK}",
        f'--- "a/x.py"\n+++ "b/x.py"\n@@\n{HUNK}',
        f"diff --git a/x.py b/x.py\nindex 12..34 100644\n{NAMES}@@\n{HUNK}",
        f"I mend it.\n\n```diff\n{NAMES}@@\n{HUNK}```\n- and so\n+ on\n",
        f"{NAMES}@@\n{HUNK}\nThat is all.\n",
        f"{NAMES}@@\n{HUNK}".replace("\n", "\r\n"),
        f"{NAMES}@@\n{HUNK}@@\n only context\n",
    ],
)
def test_how_a_change_may_be_written(text: str) -> None:
    assert read(text) == (ReplaceBlocks(path="x.py", blocks=(BLOCK,)),)


@pytest.mark.parametrize(
    ("hunk", "block"),
    [
        ("@@\n a\n\n-b\n+c\n", Block(search="a\n\nb\n", replace="a\n\nc\n")),
        ("@@\n-a\n+b\n\n\n", Block(search="a\n", replace="b\n")),
        ("@@\n-a\n+b\n \n", Block(search="a\n\n", replace="b\n\n")),
        ("@@\n--- a\n+++ b\n c\n", Block(search="-- a\nc\n", replace="++ b\nc\n")),
        ("@@\n--- a\n+++ b\n", Block(search="-- a\n", replace="++ b\n")),
        ("@@\n---\n+```\n", Block(search="--\n", replace="```\n")),
        ("@@\n-a\n+b\n\\ No newline at end of file\n", Block(search="a\n", replace="b")),
        ("@@\n-a\n\\ No newline at end of file\n+b\n", Block(search="a", replace="b\n")),
        (
            "@@\n-a\n+b\n c\n\\ No newline at end of file\n",
            Block(search="a\nc", replace="b\nc"),
        ),
    ],
)
def test_what_a_hunk_may_hold(hunk: str, block: Block) -> None:
    assert read(NAMES + hunk) == (ReplaceBlocks(path="x.py", blocks=(block,)),)


def test_several_files_and_hunks() -> None:
    text = (
        f"```diff\n{NAMES}@@ -1 +1 @@\n{HUNK}@@ -9 +9 @@\n{HUNK}--- a/y.py\n+++ b/y.py\n@@\n{HUNK}"
        f"```\nand\n```diff\ndiff --git a/z.py b/z.py\n--- a/z.py\n+++ b/z.py\n@@\n{HUNK}```\n"
    )
    assert read(text) == (
        ReplaceBlocks(path="x.py", blocks=(BLOCK, BLOCK)),
        ReplaceBlocks(path="y.py", blocks=(BLOCK,)),
        ReplaceBlocks(path="z.py", blocks=(BLOCK,)),
    )


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        ("--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+x\n", [("n.py", "x\n")]),
        ("--- /dev/null\n+++ n.py\n+x\n+\n+y\n\n", [("n.py", "x\n\ny\n")]),
        (
            "diff --git a/n.py b/n.py\nnew file mode 100644\n--- /dev/null\n+++ b/n.py\n"
            "@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n",
            [("n.py", "x")],
        ),
        ("diff --git a/n.py b/n.py\nnew file mode 100644\nindex 0..1\n", [("n.py", "")]),
    ],
)
def test_new_files(text: str, edits: list[tuple[str, str]]) -> None:
    assert read(text) == tuple(
        ReplaceBlocks(path=path, blocks=(Block(search="", replace=content),))
        for path, content in edits
    )


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        ("--- a/d.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n", (DeleteFile(path="d.py"),)),
        ("--- a/d.py\n+++ /dev/null\n", (DeleteFile(path="d.py"),)),
        ("diff --git a/d b.py b/d b.py\ndeleted file mode 100644\n", (DeleteFile(path="d b.py"),)),
        (
            'diff --git "a/caf\\303\\251" "b/caf\\303\\251"\ndeleted file mode 100644\n',
            (DeleteFile(path="café"),),
        ),
        (
            "diff --git a/o.py b/n.py\nsimilarity index 100%\nrename from o.py\nrename to n.py\n",
            (RenameFile(path="o.py", to="n.py"),),
        ),
        (
            "diff --git a/o.py b/n.py\nsimilarity index 90%\nrename from o.py\nrename to n.py\n"
            f"--- a/o.py\n+++ b/n.py\n@@\n{HUNK}",
            (RenameFile(path="o.py", to="n.py"), ReplaceBlocks(path="n.py", blocks=(BLOCK,))),
        ),
    ],
)
def test_deleted_and_renamed_files(text: str, edits: tuple[object, ...]) -> None:
    assert read(text) == edits


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"@@ -1 +1 @@\n{HUNK}", "the hunk at line 1 ('@@ -1 +1 @@') belongs to no file"),
        (f"```diff\n{NAMES}@@\n{HUNK}oops\n```\n", "line 8 ('oops') stands in a hunk"),
        (f"--- a/x.py\n+++ b/y.py\n@@\n{HUNK}", "name different files ('x.py', 'y.py')"),
        (f"{NAMES}@@\n c\n", "has no line that begins with `-` or `+`"),
        (NAMES, "has no line that begins with `-` or `+`"),
        ("--- /dev/null\n+++ /dev/null\n@@\n+x\n", "name no file"),
        (f"--- /dev/null\n+++ b/n.py\n@@\n{HUNK}", "every line of a new file does"),
        ("diff --git a/x b/y\ncopy from x\ncopy to y\n", "copies are not understood"),
        ("diff --git a/x b/x\nnew file mode 120000\n", "links and submodules cannot be made"),
        ("diff --git a/x b/x\nindex 1..2\nGIT binary patch\n", "binary files"),
        ("diff --git a/x b/x\nBinary files a/x and b/x differ\n", "binary files"),
        ("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "has no line that begins with"),
        ("diff --git x y\n", "does not say which file"),
        (f"diff --git a/x b/x\n--- a/x\n{HUNK}", "line 3 must with `+++`"),
    ],
)
def test_what_is_to_be_corrected(text: str, problem: str) -> None:
    with pytest.raises(BadAnswer) as bad:
        read(text)
    assert problem in bad.value.problem
