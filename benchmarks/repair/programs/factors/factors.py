"""Primes and factors."""


def primes_below(limit):
    """All primes below the limit."""
    if limit < 3:
        return []
    is_prime = [True] * limit
    is_prime[0] = is_prime[1] = False
    number = 2
    while number * number < limit:
        if is_prime[number]:
            for multiple in range(number * number, limit, number):
                is_prime[multiple] = False
        number += 1
    return [number for number in range(limit) if is_prime[number]]


def factors(number):
    """Prime factors with their powers, smallest first, as pairs."""
    found = []
    divisor = 2
    while divisor * divisor <= number:
        power = 0
        while number % divisor == 0:
            number //= divisor
            power += 1
        if power:
            found.append((divisor, power))
        divisor += 1
    if number > 1:
        found.append((number, 1))
    return found


def count_divisors(number):
    count = 1
    for _, power in factors(number):
        count *= power + 1
    return count


def common_divisor(first, second):
    """The greatest one."""
    while second:
        first, second = second, first % second
    return abs(first)


def common_multiple(first, second):
    """The least one; 0 when either is 0."""
    if first == 0 or second == 0:
        return 0
    return abs(first * second) // common_divisor(first, second)
