import random
from itertools import groupby

import pytest
from squeeze import bits, checksum, fence, from_bits, packed, shifted, unpacked


@pytest.mark.parametrize("seed", range(60))
def test_packing(seed):
    chance = random.Random(seed)
    text = "".join(chance.choice("ab c") * chance.choice([1, 1, 2, 3, 11]) for _ in range(seed % 9))
    runs = [(sign, len(list(run))) for sign, run in groupby(text)]
    assert packed(text) == "".join((str(n) if n > 1 else "") + s for s, n in runs)
    assert unpacked(packed(text)) == text


@pytest.mark.parametrize("by", range(-30, 31, 6))
def test_shifting_back(by):
    text = "The Quick, brown fox! Zz Aa ÄÖ 12"
    moved = shifted(text, by)
    assert shifted(moved, -by) == text
    assert shifted(text, by + 26) == moved
    for a, b in zip(text, moved):
        if a.isascii() and a.isalpha():
            assert (ord(b.lower()) - ord(a.lower()) - by) % 26 == 0
            assert a.isupper() is b.isupper()
        else:
            assert a == b


@pytest.mark.parametrize("rails", range(1, 7))
@pytest.mark.parametrize("length", range(0, 15, 2))
def test_fence_by_place(rails, length):
    text = "abcdefghijklmno"[:length]
    period = max(1, 2 * (rails - 1))
    order = sorted(
        range(length), key=lambda n: (min(n % period, period - n % period) if rails > 1 else 0, n)
    )
    assert fence(text, rails) == "".join(text[n] for n in order)


@pytest.mark.parametrize("seed", range(40))
def test_one_last_digit_fits(seed):
    number = str(random.Random(seed).randrange(10**9))
    fitting = [d for d in "0123456789" if checksum(number + d)]
    total = sum(sum(divmod(int(d) * (2 - n % 2), 10)) for n, d in enumerate(number[::-1]))
    assert fitting == [str(-total % 10)]


@pytest.mark.parametrize("number", [0, 1, 2, 5, 37, 255, 256])
def test_bits_like_format(number):
    assert bits(number, 9) == [int(b) for b in f"{number:09b}"]
    assert from_bits(bits(number, 12)) == number
    assert bits(number, 3) == bits(number % 8, 3)
    assert bits(number, 0) == []
