from itertools import product

import pytest
from braces import closing, expand, split_top


@pytest.mark.parametrize("first", [["a"], ["a", "b"], ["", "x", "yz"]])
@pytest.mark.parametrize("second", [["1"], ["1", "22"], ["", "3"]])
@pytest.mark.parametrize("between", ["", "-", "mid"])
def test_product_of_two(first, second, between):
    text = "{" + ",".join(first) + "}" + between + "{" + ",".join(second) + "}end"
    expected = [a + between + b + "end" for a, b in product(first, second)]
    assert expand(text) == expected


@pytest.mark.parametrize("depth", range(1, 7))
def test_deep(depth):
    text = "z"
    for level in range(depth):
        text = "{" + str(level) + "," + text + "}"
    assert expand(text) == [*map(str, reversed(range(depth))), "z"]
    assert closing(text, 0) == len(text) - 1


def test_inner_first_and_both_sides():
    assert expand("{a{1,2}b,c}") == ["a1b", "a2b", "c"]
    assert expand("{{a,b},c}d") == ["ad", "bd", "cd"]
    assert expand("p{{1,2}{x,y}}q") == ["p1xq", "p1yq", "p2xq", "p2yq"]


def test_nothing():
    assert expand("") == [""]
    assert expand("{}") == [""]


def test_unclosed_is_an_error_anywhere():
    for text in ("{", "a{", "{a,b", "a{b}{c", "{{}"):
        with pytest.raises(ValueError):
            expand(text)


def test_split_keeps_everything():
    for text in ("a,b", ",", ",,", "{,},{,}", "x{a,{b,c}},y", "abc"):
        assert ",".join(split_top(text)) == text
    assert split_top(",,") == ["", "", ""]
    assert split_top("{,},{,}") == ["{,}", "{,}"]
