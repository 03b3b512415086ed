import pytest

from gatewright.domain.edit import Block, ChangeSet, FileEdit, ReplaceBlocks, WriteFile
from gatewright.workspace.edits.apply import Blob, edit


def become(old: bytes, one: FileEdit) -> bytes:
    parent = {"f": Blob(data=old)}
    blob = edit(ChangeSet(edits=(one,)), parent.get, ["f"]).files.get("f", parent["f"])
    assert blob is not None
    return blob.data


def block(search: str, replace: str) -> ReplaceBlocks:
    return ReplaceBlocks(path="f", blocks=(Block(search=search, replace=replace),))


def whole(content: str) -> WriteFile:
    return WriteFile(path="f", content=content)


@pytest.mark.parametrize(
    ("old", "one", "new"),
    [
        # CRLF
        (b"a\r\nb\r\n", block("a\n", "x\ny\n"), b"x\r\ny\r\nb\r\n"),
        (b"a\r\nb\r\n", block("a\r\n", "x\r\n"), b"x\r\nb\r\n"),
        (b"a\r\nb\r\n", whole("x\nb\nc\n"), b"x\r\nb\r\nc\r\n"),
        (b"a\nb\n", whole("a\r\nc\r\n"), b"a\nc\n"),
        # mixed: lines that stay keep their own end, new ones get the commoner
        (b"a\nb\r\nc\r\nd\n", block("b\n", "b\nx\n"), b"a\nb\r\nx\nc\r\nd\n"),
        (b"a\nb\r\nc\r\nd\r\n", block("d\n", "x\n"), b"a\nb\r\nc\r\nx\r\n"),
        (b"a\nb\r\nc\r\nd\n", whole("a\nb\nX\nc\nd\n"), b"a\nb\r\nX\nc\r\nd\n"),
        # no final newline
        (b"a\nb", block("a\n", "x\n"), b"x\nb"),
        (b"a\nb", block("b\n", "x\n"), b"a\nx"),
        (b"a\nb", block("b\n", "b\nc\n"), b"a\nb\nc"),
        (b"a\r\nb", block("b\n", "b\nc\n"), b"a\r\nb\r\nc"),
        (b"a\nb", block("b\n", ""), b"a\n"),
        (b"a\nb", whole("a\nx\n"), b"a\nx"),
        (b"a\nb\n", whole("a\nx"), b"a\nx\n"),
        # ... and a block that says so adds or removes it
        (b"a\nb", block("b", "b\n"), b"a\nb\n"),
        (b"a\nb\n", block("b\n", "x"), b"a\nx"),
        # BOM
        (b"\xef\xbb\xbfa\nb\n", block("a\n", "x\n"), b"\xef\xbb\xbfx\nb\n"),
        (b"\xef\xbb\xbfa\nb\n", whole("x\n"), b"\xef\xbb\xbfx\n"),
        (b"\xef\xbb\xbfa\nb\n", whole("\ufeffx\n"), b"\xef\xbb\xbfx\n"),
        (b"a\n", whole("\ufeffx\n"), b"x\n"),
        # only LF and CRLF end a line
        (b"a\x0cb\xe2\x80\xa8c\rd\n", block("a\x0cb\u2028c\rd\n", "x\n"), b"x\n"),
    ],
)  # fmt: skip
def test_what_a_file_keeps(old: bytes, one: FileEdit, new: bytes) -> None:
    assert become(old, one) == new
