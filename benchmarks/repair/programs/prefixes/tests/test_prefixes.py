import pytest
from prefixes import Prefixes


@pytest.fixture
def words():
    return Prefixes(["tea", "ten", "to", "team", "inn", "ten", "in"])


def test_contains(words):
    assert "tea" in words and "in" in words
    assert "te" not in words and "teams" not in words and "x" not in words


def test_starting(words):
    assert words.starting("te") == ["tea", "team", "ten"]
    assert words.starting("") == ["in", "inn", "tea", "team", "ten", "to"]
    assert words.starting("z") == []


def test_best(words):
    assert words.best("te") == ["ten", "tea", "team"]
    assert words.best("t", limit=1) == ["ten"]
    words.add("to", 5)
    assert words.best("t", 2) == ["to", "ten"]


def test_longest_of(words):
    assert words.longest_of("teammate") == "team"
    assert words.longest_of("teapot") == "tea"
    assert words.longest_of("xyz") == ""
    assert words.longest_of("t") == ""


def test_remove(words):
    assert words.remove("tea")
    assert words.starting("te") == ["team", "ten"]
    assert not words.remove("tea")
    assert not words.remove("te")
    assert not words.remove("zebra")


def test_remove_leaves_nothing_behind():
    words = Prefixes(["ab", "abc"])
    words.remove("abc")
    assert words.root.children["a"].children["b"].children == {}
    words.remove("ab")
    assert words.root.children == {}
