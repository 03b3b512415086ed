import pytest
from columns import indented, justified, shortened, table, wrapped


def test_wrapped():
    assert wrapped("the quick brown fox jumps", 10) == ["the quick", "brown fox", "jumps"]
    assert wrapped("aaa bb c", 6) == ["aaa bb", "c"]
    assert wrapped("", 5) == []


def test_long_word():
    assert wrapped("a extraordinarily b", 5) == ["a", "extraordinarily", "b"]


@pytest.mark.parametrize(
    "line, out",
    [("a b c", "a   b   c"), ("a bb c", "a   bb  c"), ("word", "word     "), ("", "         ")],
)
def test_justified(line, out):
    assert justified(line, 9) == out


def test_table():
    assert table([("name", "n"), ("apple", 3), ("fig", 12)]) == [
        "name   n",
        "apple   3",
        "fig    12",
    ]
    assert table([]) == []
    assert table([("a", "b")], gap=1) == ["a b"]


@pytest.mark.parametrize(
    "width, out",
    [(9, "abcdefghi"), (8, "abc...hi"), (7, "ab...hi"), (4, "a..."), (3, "..."), (2, "..")],
)
def test_shortened(width, out):
    assert shortened("abcdefghi", width) == out


def test_indented():
    assert indented("a\n\nb", "> ") == "> a\n\n> b"
    assert indented("a\nb", "  ", first="- ") == "- a\n  b"
    assert indented("a\nb", "  ", first="") == "a\n  b"
