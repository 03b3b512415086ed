import pytest

from agents.edit_formats import instructions, parse
from gatewright.domain.edit import (
    Block,
    ChangeSet,
    DeleteFile,
    EditFormat,
    RenameFile,
    ReplaceBlocks,
    WriteFile,
)
from gatewright.domain.errors import BadAnswer

FORMATS: tuple[EditFormat, ...] = ("whole", "search_replace", "udiff")
NEW = 'def greet(name: str) -> str:\n    return f"Hello, {name}!"\n'
OLD = 'def greet(name: str) -> str:\n    return "Hello"\n'
BLOCK = ReplaceBlocks(path="src/greeting.py", blocks=(Block(search=OLD, replace=NEW),))


@pytest.mark.parametrize(
    ("fmt", "edits"),
    [
        ("whole", (WriteFile(path="src/greeting.py", content=NEW),)),
        ("search_replace", (BLOCK,)),
        ("udiff", (BLOCK,)),
    ],
)
def test_the_example_of_the_instructions_can_be_read(fmt: EditFormat, edits: tuple) -> None:
    example = instructions(fmt).split("Example:\n")[1].split("\n\n- ")[0]
    assert parse(example, fmt=fmt, model="m") == ChangeSet(edits=edits)


@pytest.mark.parametrize("fmt", ["whole", "search_replace"])
def test_the_lines_for_moves_in_the_instructions_can_be_read(fmt: EditFormat) -> None:
    moves = instructions(fmt).split("To delete a file")[1]
    assert parse(moves, fmt=fmt, model="m").edits == (
        DeleteFile(path="path/of/file.py"),
        RenameFile(path="old/path.py", to="new/path.py"),
    )


@pytest.mark.parametrize("fmt", ["whole", "search_replace"])
@pytest.mark.parametrize(
    ("line", "edit"),
    [
        ("DELETE a.py", DeleteFile(path="a.py")),
        ("  DELETE `a b.py`  ", DeleteFile(path="a b.py")),
        ("RENAME ./a.py TO `b c.py`\r", RenameFile(path="a.py", to="b c.py")),
    ],
)
def test_deletions_and_renamings(fmt: EditFormat, line: str, edit: DeleteFile | RenameFile) -> None:
    assert parse(f"Gone:\n{line}\nDone.\n", fmt=fmt, model="m").edits == (edit,)


@pytest.mark.parametrize("fmt", ["whole", "search_replace"])
def test_a_move_that_is_not_understood(fmt: EditFormat) -> None:
    with pytest.raises(BadAnswer, match=r"line 2 .*`RENAME old TO new`"):
        parse("Now:\nRENAME a.py b.py\n", fmt=fmt, model="m")


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("text", ["", "I cannot do this.", "\n\n"])
def test_an_answer_without_edits_is_told_what_was_expected(fmt: EditFormat, text: str) -> None:
    with pytest.raises(BadAnswer) as bad:
        parse(text, fmt=fmt, model="openai/x")
    assert bad.value.model == "openai/x"
    assert "holds no edit in the form asked for; expected" in bad.value.problem


@pytest.mark.parametrize(
    ("fmt", "text"),
    [
        ("whole", "a.py\n```\n\ud800\n```\n"),
        ("search_replace", "a.py\n<<<<<<< SEARCH\n=======\n\ud800\n>>>>>>> REPLACE\n"),
        ("udiff", "--- a/\ud800\n+++ b/\ud800\n@@\n+x\n"),
    ],
)
def test_half_a_surrogate_pair_is_a_bad_answer(fmt: EditFormat, text: str) -> None:
    with pytest.raises(BadAnswer, match="not Unicode"):
        parse(text, fmt=fmt, model="m")
