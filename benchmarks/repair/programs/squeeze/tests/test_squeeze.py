import pytest
from squeeze import bits, checksum, fence, from_bits, packed, shifted, unpacked


@pytest.mark.parametrize(
    "text, short", [("", ""), ("abc", "abc"), ("aaab", "3ab"), ("abbbb", "a4b"), ("z" * 12, "12z")]
)
def test_packed(text, short):
    assert packed(text) == short
    assert unpacked(short) == text


def test_unpacked_several():
    assert unpacked("2a3bc10d") == "aabbbc" + "d" * 10


def test_shifted():
    assert shifted("Hello, Zoo!", 1) == "Ifmmp, App!"
    assert shifted("abc", -1) == "zab"
    assert shifted("abc", 27) == "bcd"
    assert shifted("ab1", 1, alphabet="ab1") == "b1a"


def test_fence():
    assert fence("abcdefg", 3) == "aebdfcg"
    assert fence("abcd", 2) == "acbd"
    assert fence("abc", 1) == "abc"


@pytest.mark.parametrize("digits, fits", [("18", True), ("79927398713", True), ("79927398710", False), ("0", True)])
def test_checksum(digits, fits):
    assert checksum(digits) is fits


def test_bits():
    assert bits(10, 4) == [1, 0, 1, 0]
    assert from_bits([0, 1, 1, 0]) == 6
    assert from_bits([]) == 0
