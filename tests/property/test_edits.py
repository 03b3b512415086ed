"""Any change, in any form: what a model meant is what the file becomes."""

import difflib
from collections.abc import Mapping, Sequence

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agents.edit_formats import parse
from gatewright.domain.edit import (
    Block,
    ChangeSet,
    DeleteFile,
    EditFormat,
    RenameFile,
    ReplaceBlocks,
    WriteFile,
)
from gatewright.domain.errors import BadAnswer, EditRefused
from gatewright.workspace.edits.apply import Blob, Edited, edit

FORMATS: tuple[EditFormat, ...] = ("whole", "search_replace", "udiff")
AWKWARD = [
    "", " ", "```", "````python", "~~~", "=======", "=====", "<<<<<<< SEARCH", ">>>>>>> REPLACE",
    "--- a/x", "+++ b/x", "@@ -1 +1 @@", "-- x", "++ x", "\\ No newline at end of file", "...",
    "diff --git a/x b/x", "DELETE x.py", "RENAME a TO b", "x.py", "\ttab", "  indented", "end ",
    "form\x0cfeed", "caf\u00e9 \u2028",
]  # fmt: skip
LINE = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0"), max_size=8),
)
LINES = st.lists(LINE, max_size=12)


@st.composite
def changes(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Lines before and after some of them were replaced."""
    old = draw(LINES)
    new = list(old)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(new)))
        new[start : draw(st.integers(start, len(new)))] = draw(st.lists(LINE, max_size=3))
    return old, new


def text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def as_whole(new: Sequence[str]) -> str:
    fence = "`" * (max((line.count("`") for line in new), default=0) + 3)
    return f"Here it is.\n\nsrc/x.py\n{fence}\n{text(new)}{fence}\nDone.\n"


def as_block(old: Sequence[str], new: Sequence[str]) -> str:
    """The least run of lines that differs, made larger until it stands once."""
    start, stop, tail = changed(old, new)
    while not stands_once(old, old[start:stop]) and (start > 0 or tail > 0):
        start, grown = max(start - 1, 0), min(tail, 1)
        stop, tail = stop + grown, tail - grown
    length = max((line.count(sign) for line in (*old, *new) for sign in "<=>"), default=0)
    marks = [sign * max(length + 1, 7) for sign in "<=>"]
    search, replace = text(old[start:stop]), text(new[start : len(new) - tail])
    return f"src/x.py\n{marks[0]} SEARCH\n{search}{marks[1]}\n{replace}{marks[2]} REPLACE\n"


def changed(old: Sequence[str], new: Sequence[str]) -> tuple[int, int, int]:
    short = min(len(old), len(new))
    start = next((i for i in range(short) if old[i] != new[i]), short)
    rest = short - start
    tail = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    return start, len(old) - tail, tail


def stands_once(lines: Sequence[str], run: Sequence[str]) -> bool:
    found = [i for i in range(len(lines)) if lines[i : i + len(run)] == run]
    return len(found) == 1 and any(line.strip() for line in run)


def as_udiff(old: Sequence[str], new: Sequence[str]) -> str:
    """All lines as context, and the line numbers wrong."""
    body = [
        line if line.endswith("\n") else f"{line}\n"
        for line in difflib.unified_diff([f"{x}\n" for x in old], [f"{x}\n" for x in new], n=99)
    ][3:]
    return f"```diff\n--- a/src/x.py\n+++ b/src/x.py\n@@ -7,7 +9,9 @@\n{''.join(body)}```\n"


def become(parent: Mapping[str, Blob], changed: ChangeSet) -> Edited:
    return edit(changed, parent.get, list(parent))


@given(change=changes(), crlf=st.booleans(), bom=st.booleans())
def test_every_form_brings_the_same_text(
    change: tuple[list[str], list[str]], crlf: bool, bom: bool
) -> None:
    old, new = change
    assume(old != new and any(line.strip() for line in old))
    assume(not any(line.startswith("\ufeff") for line in (*old[:1], *new[:1])))
    end, start = "\r\n" if crlf else "\n", b"\xef\xbb\xbf" if bom else b""
    parent = {"src/x.py": Blob(data=start + text(old).replace("\n", end).encode())}
    wanted = {"src/x.py": Blob(data=start + text(new).replace("\n", end).encode())}
    answers = {
        "whole": as_whole(new),
        "search_replace": as_block(old, new),
        "udiff": as_udiff(old, new),
    }
    for fmt in FORMATS:
        edited = become(parent, parse(answers[fmt], fmt=fmt, model="m"))
        assert (fmt, edited.files) == (fmt, wanted)


@given(lines=LINES)
def test_every_form_brings_a_new_file(lines: list[str]) -> None:
    assume(not any(line.startswith("\ufeff") for line in lines))
    wanted = {"src/x.py": Blob(data=text(lines).encode())}
    marks = [sign * (max((x.count(sign) for x in lines), default=0) + 7) for sign in "<=>"]
    length = max(map(len, marks))
    opening, middle, closing = (sign * length for sign in "<=>")
    added = "".join(f"+{line}\n" for line in lines)
    answers = {
        "whole": as_whole(lines),
        "search_replace": f"src/x.py\n{opening} SEARCH\n{middle}\n{text(lines)}{closing} REPLACE\n",
        "udiff": f"--- /dev/null\n+++ b/src/x.py\n@@ -0,0 +1 @@\n{added}",
    }
    for fmt in FORMATS:
        edited = become({}, parse(answers[fmt], fmt=fmt, model="m"))
        assert (fmt, edited.files) == (fmt, wanted)


WORDS = st.text("abcdefgh", min_size=3, max_size=8)
ENDED = st.tuples(st.text("ab \t", max_size=4), st.sampled_from(["\n", "\r\n"]))


@given(
    before=st.lists(ENDED, max_size=6),
    block=st.lists(WORDS, min_size=1, max_size=4),
    replace=st.lists(WORDS, max_size=4),
    after=st.lists(ENDED, max_size=6),
    indent=st.sampled_from(["", "    ", "\t"]),
    trailing=st.sampled_from(["", "  "]),
    final=st.booleans(),
)
def test_lines_outside_the_block_are_never_altered(
    *,
    before: list[tuple[str, str]],
    block: list[str],
    replace: list[str],
    after: list[tuple[str, str]],
    indent: str,
    trailing: str,
    final: bool,
) -> None:
    head = "".join(line + end for line, end in before)
    tail = "".join(line + end for line, end in after) + ("" if final else "last a b")
    middle = "".join(f"{indent}Q{word}{trailing}\n" for word in block)
    parent = {"f": Blob(data=(head + middle + tail).encode())}
    one = Block(search=text([f"Q{x}" for x in block]), replace=text([f"R{x}" for x in replace]))
    blob = become(parent, ChangeSet(edits=(ReplaceBlocks(path="f", blocks=(one,)),))).files["f"]
    assert blob is not None
    data = blob.data.decode()
    assert (data.startswith(head), data.endswith(tail)) == (True, True)
    between = data[len(head) : len(data) - len(tail)].split()
    assert between == [f"R{word}" for word in replace]


@given(old=st.lists(WORDS, min_size=1, max_size=8, unique=True), data=st.data())
def test_an_edit_in_place_already_changes_nothing(old: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(old) - 1))
    stop = data.draw(st.integers(start + 1, len(old)))
    replace = data.draw(st.lists(WORDS.map(lambda x: f"new {x}"), min_size=1, max_size=4))
    block = Block(search=text(old[start:stop]), replace=text(replace))
    changed = ChangeSet(edits=(ReplaceBlocks(path="f", blocks=(block,)),))
    first = become({"f": Blob(data=text(old).encode())}, changed).files
    parent = {path: blob for path, blob in first.items() if blob is not None}
    again = become(parent, changed)
    assert (again.files, ["in place" in note.message for note in again.notes]) == ({}, [True])


PIECES = st.one_of(
    st.sampled_from(["\n", "\r\n", *(f"{line}\n" for line in AWKWARD)]),
    st.sampled_from([
        "--- /dev/null\n", "+++ /dev/null\n", "rename from x\n", "rename to y\n", "+x\n",
        "new file mode 100644\n", "--- a/x\n+++ b/x\n", '--- "a/\\777\\"\n', "x.py\n```\n",
        "DELETE \n", "-x\n",
        'diff --git "a/\\303" "b/\\303"\n', "RENAME `a` TO\n", "\ud800",
        "<<<<<<< SEARCH\n=======\n",
    ]),
    st.text(max_size=10),
)  # fmt: skip


@settings(max_examples=300)
@given(pieces=st.lists(PIECES, max_size=12), fmt=st.sampled_from(FORMATS))
def test_any_answer_is_read_or_is_a_bad_answer(pieces: list[str], fmt: EditFormat) -> None:
    try:
        parsed = parse("".join(pieces), fmt=fmt, model="m")
    except BadAnswer as bad:
        assert bad.problem
        return
    assert parsed.edits


PATHS = st.one_of(
    st.sampled_from(["a", "A", "b", "a/b", "a/b/c", "link", "link/x", "sub", "bin", ".git/x", ""]),
    st.text(max_size=6),
    st.lists(st.sampled_from(["a", "..", ".git", "GIT~1", "", ".", "x."]), max_size=3).map(
        "/".join
    ),
)
TEXTS = st.one_of(st.text(max_size=12), st.lists(LINE, max_size=4).map(text), st.just("\ud800"))
EDITS = st.one_of(
    st.builds(WriteFile, path=PATHS, content=TEXTS),
    st.builds(
        ReplaceBlocks,
        path=PATHS,
        blocks=st.lists(st.builds(Block, search=TEXTS, replace=TEXTS), max_size=3).map(tuple),
    ),
    st.builds(DeleteFile, path=PATHS),
    st.builds(RenameFile, path=PATHS, to=PATHS),
)


@settings(max_examples=300)
@given(edits=st.lists(EDITS, max_size=5), contents=st.lists(st.binary(max_size=20), max_size=4))
def test_any_change_set_applies_or_is_refused(edits: list[object], contents: list[bytes]) -> None:
    names = ("a", "b", "x.py", "deep/file")
    parent = {
        "link": Blob(data=b"..", kind="link"),
        "sub": Blob(data=b"0" * 40, kind="submodule"),
        "bin": Blob(data=b"\0"),
        **{name: Blob(data=data) for name, data in zip(names, contents, strict=False)},
    }
    try:
        edited = become(parent, ChangeSet.model_validate({"edits": tuple(edits)}))
    except EditRefused as refused:
        assert refused.reason
        return
    for path, blob in edited.files.items():
        assert blob != parent.get(path)
        assert not {"..", ".git", ""} & set(path.lower().split("/"))
