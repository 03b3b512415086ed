import pytest
from factors import common_divisor, common_multiple, count_divisors, factors, primes_below


def test_primes():
    assert primes_below(30) == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
    assert primes_below(2) == []
    assert primes_below(3) == [2]
    assert primes_below(5) == [2, 3]


def test_square_is_no_prime():
    assert 25 not in primes_below(26)


@pytest.mark.parametrize(
    "number, expected",
    [(1, []), (2, [(2, 1)]), (12, [(2, 2), (3, 1)]), (49, [(7, 2)]), (97, [(97, 1)])],
)
def test_factors(number, expected):
    assert factors(number) == expected


def test_divisors():
    assert count_divisors(1) == 1
    assert count_divisors(12) == 6
    assert count_divisors(49) == 3


def test_common_divisor():
    assert common_divisor(12, 18) == 6
    assert common_divisor(0, 5) == 5
    assert common_divisor(4, -6) == 2


def test_common_multiple():
    assert common_multiple(4, 6) == 12
    assert common_multiple(0, 6) == 0
    assert common_multiple(-4, 6) == 12
