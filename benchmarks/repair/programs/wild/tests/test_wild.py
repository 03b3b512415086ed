import pytest
from wild import matches, select, specific


@pytest.mark.parametrize(
    "pattern, name",
    [
        ("", ""),
        ("a.py", "a.py"),
        ("*.py", "a.py"),
        ("*.py", ".py"),
        ("a*c", "abbc"),
        ("a*", "a"),
        ("?.py", "a.py"),
        ("*/x", "ab/x"),
        ("**/x", "x"),
        ("**/x", "a/b/x"),
        ("src/**/t_*.py", "src/a/t_b.py"),
        ("**/*", "a/b/c"),
    ],
)
def test_matches(pattern, name):
    assert matches(pattern, name)


@pytest.mark.parametrize(
    "pattern, name",
    [
        ("", "a"),
        ("a", ""),
        ("*.py", "a/b.py"),
        ("?", ""),
        ("?", "/"),
        ("a?c", "abbc"),
        ("a*c", "abb"),
        ("a.py", "a.pyc"),
        ("**/x", "a/xx"),
    ],
)
def test_does_not_match(pattern, name):
    assert not matches(pattern, name)


NAMES = ["a.py", "b.txt", "src/c.py", "src/old/d.py"]


def test_select():
    assert select(NAMES) == NAMES
    assert select(NAMES, ["*.py", "src/*.py"]) == ["a.py", "src/c.py"]
    assert select(NAMES, exclude=["**/old/*", "*.txt"]) == ["a.py", "src/c.py"]


def test_specific():
    assert specific(["*", "a*", "*y", "b*"], "a.py") == "a*"
    assert specific(["x"], "a.py") is None
