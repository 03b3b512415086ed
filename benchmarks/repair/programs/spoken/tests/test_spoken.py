import pytest
from spoken import from_numeral, in_base, numeral, ordinal, spoken


@pytest.mark.parametrize(
    "number, words",
    [
        (0, "zero"),
        (13, "thirteen"),
        (20, "twenty"),
        (42, "forty-two"),
        (100, "one hundred"),
        (101, "one hundred and one"),
        (999, "nine hundred and ninety-nine"),
        (1000, "one thousand"),
        (1234, "one thousand two hundred and thirty-four"),
        (2_000_005, "two million and five"),
        (-7, "minus seven"),
    ],
)
def test_spoken(number, words):
    assert spoken(number) == words


@pytest.mark.parametrize(
    "number, signs", [(1, "I"), (4, "IV"), (9, "IX"), (14, "XIV"), (90, "XC"), (1994, "MCMXCIV")]
)
def test_numeral(number, signs):
    assert numeral(number) == signs
    assert from_numeral(signs) == number


def test_from_numeral_of_repeated_signs():
    assert from_numeral("XXX") == 30
    assert from_numeral("") == 0


@pytest.mark.parametrize(
    "number, word", [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (112, "112th"), (21, "21st")]
)
def test_ordinal(number, word):
    assert ordinal(number) == word


def test_in_base():
    assert in_base(10, 2) == "1010"
    assert in_base(255, 16) == "ff"
    assert in_base(0, 7) == "0"
    assert in_base(-5, 2) == "-101"
    assert in_base(35, 36) == "z"


@pytest.mark.parametrize("base", [1, 37])
def test_bad_base(base):
    with pytest.raises(ValueError):
        in_base(5, base)
