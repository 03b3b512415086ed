import random

import pytest
from columns import indented, justified, shortened, table, wrapped


@pytest.mark.parametrize("seed", range(60))
def test_wrapped_rules(seed):
    chance = random.Random(seed)
    words = ["x" * chance.randrange(1, 9) for _ in range(seed % 13)]
    width = chance.randrange(1, 20)
    lines = wrapped("  ".join(words), width)
    assert " ".join(lines).split() == words
    assert all(len(line) <= width or " " not in line for line in lines)
    for line, following in zip(lines, lines[1:]):
        assert len(line) + 1 + len(following.split()[0]) > width


@pytest.mark.parametrize("seed", range(60))
def test_justified_rules(seed):
    chance = random.Random(seed)
    words = ["x" * chance.randrange(1, 5) for _ in range(seed % 6)]
    line = " ".join(words)
    width = len(line) + chance.randrange(9)
    out = justified(line, width)
    assert len(out) == width and out.split() == words
    if len(words) > 1:
        gaps = [len(gap) for gap in out.replace("x", " x ").split("x") if gap.strip() == ""]
        runs = [len(part) for part in "".join("." if s == " " else "x" for s in out).split("x") if part]
        assert runs == sorted(runs, reverse=True) and runs[0] - runs[-1] <= 1
        assert out[0] == out[-1] == "x" and gaps


@pytest.mark.parametrize("length", range(12))
@pytest.mark.parametrize("width", range(12))
def test_shortened_rules(length, width):
    text = "abcdefghijkl"[:length]
    out = shortened(text, width)
    assert len(out) == min(length, width)
    if length > width > 3:
        left, right = out.split("...")
        assert text.startswith(left) and text.endswith(right)
        assert 0 <= len(left) - len(right) <= 1
    elif length <= width:
        assert out == text
    assert len(shortened(text, width, mark="~")) == min(length, width)


@pytest.mark.parametrize("gap", [0, 1, 2, 5])
def test_table_columns(gap):
    rows = [("a", 1.5, "z"), ("long one", 10, "y"), ("b", 100000, "")]
    lines = table(rows, gap)
    middle = slice(8 + gap, 14 + gap)
    assert [line[:8].rstrip() for line in lines] == ["a", "long one", "b"]
    assert [line[middle] for line in lines] == ["   1.5", "    10", "100000"]
    assert [line[14 + gap :].strip() for line in lines] == ["z", "y", ""]
    assert not any(line.endswith(" ") for line in lines)
    assert table(rows) == table(rows, 2)


def test_indented_rules():
    text = "one\n  two\n\n \nthree"
    assert indented(text, "--") == "--one\n--  two\n\n \n--three"
    assert indented(text, "--", first="* ") == "* one\n--  two\n\n \n--three"
    assert indented("", "x") == ""
    assert indented("\na", "x", first="y") == "\nxa"
    assert indented("a\nb", "x", first="") == "a\nxb"
