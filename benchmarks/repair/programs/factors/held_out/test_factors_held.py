import math

import pytest
from factors import common_divisor, common_multiple, count_divisors, factors, primes_below


@pytest.mark.parametrize("limit", range(0, 130, 3))
def test_primes_by_division(limit):
    expected = [n for n in range(2, limit) if all(n % d for d in range(2, n))]
    assert primes_below(limit) == expected


@pytest.mark.parametrize("number", range(1, 260, 7))
def test_factors_multiply_back(number):
    found = factors(number)
    assert math.prod(base**power for base, power in found) == number
    bases = [base for base, _ in found]
    assert bases == sorted(set(bases))
    assert all(all(base % d for d in range(2, base)) for base in bases)
    assert all(power >= 1 for _, power in found)


@pytest.mark.parametrize("number", range(1, 200, 6))
def test_divisors_by_counting(number):
    assert count_divisors(number) == sum(number % d == 0 for d in range(1, number + 1))


@pytest.mark.parametrize("first", range(-13, 30, 4))
@pytest.mark.parametrize("second", range(-9, 40, 7))
def test_like_math(first, second):
    assert common_divisor(first, second) == math.gcd(first, second)
    assert common_multiple(first, second) == math.lcm(first, second)


def test_nothing_and_nothing():
    assert common_divisor(0, 0) == 0
    assert common_multiple(0, 0) == 0
    assert factors(2**10) == [(2, 10)]
    assert factors(9973 * 2) == [(2, 1), (9973, 1)]
