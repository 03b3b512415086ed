import pytest

from agents.edit_formats import parse
from gatewright.domain.edit import DeleteFile, WriteFile
from gatewright.domain.errors import BadAnswer


def read(text: str) -> list[tuple[str, str]]:
    edits = parse(text, fmt="whole", model="m").edits
    return [(edit.path, edit.content) for edit in edits if isinstance(edit, WriteFile)]


@pytest.mark.parametrize(
    "above",
    [
        "src/a.py",
        "./src/a.py",
        "`src/a.py`",
        "**src/a.py**",
        "**`src/a.py`**",
        "### src/a.py",
        "### `src/a.py`:",
        "File: src/a.py",
        "**File: src/a.py**",
        "Here is the new `src/a.py`, with `x` mended:",
        "src/a.py:",
        "src/a.py\n",
    ],
)
def test_how_the_path_may_be_written(above: str) -> None:
    assert read(f"I mend it.\n\n{above}\n```python\nx = 1\n```\nDone.\n") == [
        ("src/a.py", "x = 1\n")
    ]


@pytest.mark.parametrize("info", ["python src/a.py", "python:src/a.py", 'py title="src/a.py"'])
def test_the_path_may_stand_behind_the_fence(info: str) -> None:
    assert read(f"```{info}\nx = 1\n```\n") == [("src/a.py", "x = 1\n")]


def test_a_file_without_a_dot_in_its_name() -> None:
    assert read("Makefile\n```\nall:\n```\n") == [("Makefile", "all:\n")]


def test_several_files_and_a_deletion() -> None:
    text = "a.py\n```\n1\n```\nb.py\n~~~\n2\n\n~~~\nDELETE c.py\n"
    assert parse(text, fmt="whole", model="m").edits == (
        WriteFile(path="a.py", content="1\n"),
        WriteFile(path="b.py", content="2\n\n"),
        DeleteFile(path="c.py"),
    )


def test_an_empty_file() -> None:
    assert read("pkg/__init__.py\n```\n```\n") == [("pkg/__init__.py", "")]


def test_crlf_answers() -> None:
    assert read("a.py\r\n```\r\nx\r\n```\r\n") == [("a.py", "x\n")]


def test_a_file_with_fences_between_longer_ones() -> None:
    content = "# Use\n```sh\nmake\n```\nDELETE nothing.py\n"
    assert read(f"README.md\n````markdown\n{content}````\n") == [("README.md", content)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("README.md\n```markdown\n# Use\n```sh\nmake\n```\n```\n", "use a longer fence"),
        ("a.py\n```\nx = 1\n", "opened at line 2 is not closed"),
        ("Look at this code:\n```python\nx = 1\n```\n", "line 2 has no path above it"),
        ("```python\nx = 1\n```\n", "line 1 has no path above it"),
        ("Example:\n```\nx = 1\n```\n", "the line above it is 'Example:'"),
    ],
)  # fmt: skip
def test_what_is_to_be_corrected(text: str, problem: str) -> None:
    with pytest.raises(BadAnswer) as bad:
        parse(text, fmt="whole", model="m")
    assert problem in bad.value.problem
