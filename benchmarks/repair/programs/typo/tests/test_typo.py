import pytest
from typo import common_prefix, distance, suggest, swapped_letters


@pytest.mark.parametrize(
    "first, second, far",
    [
        ("", "", 0),
        ("abc", "abc", 0),
        ("", "abc", 3),
        ("abc", "", 3),
        ("house", "mouse", 1),
        ("cart", "car", 1),
        ("garden", "gardens", 1),
        ("flaw", "lawn", 2),
        ("stone", "tones", 2),
    ],
)
def test_distance(first, second, far):
    assert distance(first, second) == far


def test_suggest():
    known = ["harp", "hart", "heart", "table", "cart"]
    assert suggest("hart", known) == ["hart", "cart", "harp", "heart"]
    assert suggest("hart", known, limit=0) == ["hart"]
    assert suggest("zzz", known) == []


def test_common_prefix():
    assert common_prefix(["flow", "flower", "flood"]) == "flo"
    assert common_prefix(["same", "same"]) == "same"
    assert common_prefix(["a", "b"]) == ""
    assert common_prefix([]) == ""


def test_swapped_letters():
    assert swapped_letters("from", "form")
    assert not swapped_letters("from", "from")
    assert not swapped_letters("abcd", "dbca")
    assert not swapped_letters("ab", "abc")
