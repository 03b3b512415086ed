import pytest

from agents.edit_formats import parse
from gatewright.domain.edit import Block, DeleteFile, ReplaceBlocks
from gatewright.domain.errors import BadAnswer

BODY = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n"
A_TO_B = Block(search="a\n", replace="b\n")


def read(text: str) -> tuple[object, ...]:
    return parse(text, fmt="search_replace", model="m").edits


@pytest.mark.parametrize(
    "text",
    [
        f"x.py\n{BODY}",
        f"I mend `a`.\n\nx.py\n```python\n{BODY}```\nDone.\n",
        f"```python\nx.py\n{BODY}```\n",
        f"```python x.py\n{BODY}```\n",
        f"### `x.py`\n\n{BODY}",
        f"In `x.py` this changes:\n{BODY}",
        "x.py\n<<<<< SEARCH>\na\n=====\nb\n>>>>>>>> REPLACE\n",
        f"x.py\n{BODY}".replace("\n", "\r\n"),
        f"x.py\n{BODY}".replace("\n", "  \n").replace("a  \n", "a\n").replace("b  \n", "b\n"),
    ],
)
def test_how_a_block_may_be_written(text: str) -> None:
    assert read(text) == (ReplaceBlocks(path="x.py", blocks=(A_TO_B,)),)


def test_several_blocks_of_several_files() -> None:
    assert read(f"x.py\n{BODY}{BODY}\ny.py\n{BODY}\nDELETE z.py\nx.py\n{BODY}") == (
        ReplaceBlocks(path="x.py", blocks=(A_TO_B, A_TO_B)),
        ReplaceBlocks(path="y.py", blocks=(A_TO_B,)),
        DeleteFile(path="z.py"),
        ReplaceBlocks(path="x.py", blocks=(A_TO_B,)),
    )


@pytest.mark.parametrize(
    ("body", "block"),
    [
        ("<<<<<<< SEARCH\n=======\nb\n>>>>>>> REPLACE\n", Block(search="", replace="b\n")),
        ("<<<<<<< SEARCH\na\n=======\n>>>>>>> REPLACE\n", Block(search="a\n", replace="")),
        ("<<<<<<< SEARCH\n\n=======\n\n\n>>>>>>> REPLACE\n", Block(search="\n", replace="\n\n")),
        (
            "<<<<<<<<< SEARCH\n<<<<<<< SEARCH\n=======\n>>>>>>> REPLACE\n=========\n"
            "```\nDELETE x\n>>>>>>>>> REPLACE\n",
            Block(search="<<<<<<< SEARCH\n=======\n>>>>>>> REPLACE\n", replace="```\nDELETE x\n"),
        ),
        (
            "<<<<<<< SEARCH\nTitle\n=====\n=======\nOther\n>>>>>>> REPLACE\n",
            Block(search="Title\n=====\n", replace="Other\n"),
        ),
    ],
)
def test_what_a_block_may_hold(body: str, block: Block) -> None:
    assert read(f"x.md\n{body}") == (ReplaceBlocks(path="x.md", blocks=(block,)),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (BODY, "the block at line 1 has no path"),
        (f"Here it is:\n{BODY}", "the block at line 2 has no path"),
        ("x.py\n<<<<<<< SEARCH\na\n=======\nb\n", "not closed; end it with >>>>>>> REPLACE"),
        (f"x.py\n<<<<<<< SEARCH\na\n=======\nb\n{BODY}", "the block at line 2 is not closed"),
        ("x.py\n<<<<<<< SEARCH\na\n>>>>>>> REPLACE\n", "has no ======= line"),
        ("x.py\n<<<<<<< SEARCH\n=======\n=======\nc\n>>>>>>> REPLACE\n", "has 2 lines of `=`"),
        ("x.py\na\n=======\nb\n>>>>>>> REPLACE\n", "line 5 closes a block that was not opened"),
    ],
)  # fmt: skip
def test_what_is_to_be_corrected(text: str, problem: str) -> None:
    with pytest.raises(BadAnswer) as bad:
        read(text)
    assert problem in bad.value.problem
