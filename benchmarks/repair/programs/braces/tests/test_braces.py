import pytest
from braces import closing, expand, split_top


def test_split_top():
    assert split_top("a,b{c,d},e") == ["a", "b{c,d}", "e"]
    assert split_top("") == [""]
    assert split_top("a,") == ["a", ""]


def test_closing():
    assert closing("a{b{c}d}e", 1) == 7
    assert closing("a{b{c}d}e", 3) == 5


def test_never_closed():
    with pytest.raises(ValueError):
        closing("a{b{c}", 1)


@pytest.mark.parametrize(
    "text, words",
    [
        ("plain", ["plain"]),
        ("a{b,c}", ["ab", "ac"]),
        ("a{b,c}d", ["abd", "acd"]),
        ("{a,b}{1,2}", ["a1", "a2", "b1", "b2"]),
        ("x{a,b{1,2}}", ["xa", "xb1", "xb2"]),
        ("f{,s}", ["f", "fs"]),
    ],
)
def test_expand(text, words):
    assert expand(text) == words
