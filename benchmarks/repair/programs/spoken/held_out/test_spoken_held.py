import pytest
from spoken import from_numeral, in_base, numeral, ordinal, spoken

WORDS = {}


def read(words):
    """Back from words to a number."""
    ones = (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen"
    ).split()
    tens = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
    total = part = 0
    sign = 1
    for word in words.replace("-", " ").split():
        if word == "minus":
            sign = -1
        elif word in ones:
            part += ones.index(word)
        elif word in tens:
            part += 10 * tens.index(word)
        elif word == "hundred":
            part *= 100
        elif word in ("thousand", "million"):
            total += part * {"thousand": 1000, "million": 1_000_000}[word]
            part = 0
        else:
            assert word == "and"
    return sign * (total + part)


@pytest.mark.parametrize("number", [*range(0, 130), *range(190, 4000, 97), 10**6, 7_654_321, -20])
def test_spoken_reads_back(number):
    words = spoken(number)
    assert read(words) == number
    assert "  " not in words and words.strip() == words
    assert words not in WORDS or WORDS[words] == number
    WORDS[words] = number
    assert ("hundred and" in words) == (abs(number) % 1000 > 100 and number % 100 != 0)


def test_spoken_and():
    assert spoken(1_001) == "one thousand and one"
    assert spoken(1_100) == "one thousand one hundred"
    assert spoken(100_000) == "one hundred thousand"


@pytest.mark.parametrize("number", [*range(1, 100), *range(100, 4000, 61), 3999])
def test_numerals_both_ways(number):
    signs = numeral(number)
    assert from_numeral(signs) == number
    assert not any(sign * 4 in signs for sign in "IVXLCDM")
    assert not any(sign * 2 in signs for sign in "VLD")


@pytest.mark.parametrize("number", range(0, 240))
def test_ordinals(number):
    tail = ordinal(number)[-2:]
    last, teen = number % 10, number // 10 % 10 == 1
    expected = {1: "st", 2: "nd", 3: "rd"}.get(last, "th") if not teen else "th"
    assert tail == expected and ordinal(number)[:-2] == str(number)


@pytest.mark.parametrize("base", range(2, 37))
def test_in_base_reads_back(base):
    for number in (-1000, -1, 0, 1, base - 1, base, base * base, 123456):
        assert int(in_base(number, base), base) == number


@pytest.mark.parametrize("base", [-2, 0, 1, 37])
def test_bases_that_are_none(base):
    with pytest.raises(ValueError):
        in_base(1, base)
