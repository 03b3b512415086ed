"""Wilson's and Newcombe's intervals against published values, and what must always hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.intervals import difference, wilson

COUNTS = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("passed", "failed", "low", "high"),
    [
        # Newcombe, 1998, Statistics in Medicine 17, 857-872, table I, method 3.
        (81, 182, 0.2553, 0.3662),
        (15, 133, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 28, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(passed, failed, low, high):
    assert wilson(passed, failed) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # Newcombe, 1998, Statistics in Medicine 17, 873-890, table II, method 10.
        ((56, 14), (48, 32), 0.0524, 0.3339),
        ((9, 1), (3, 7), 0.1705, 0.8090),
        ((10, 0), (0, 20), 0.6791, 1.0),
    ],
)
def test_the_difference_as_published(one, other, low, high):
    assert difference(*one, other) == pytest.approx((low, high), abs=5e-5)


def test_nothing_counted_says_nothing():
    assert wilson(0, 0) == (0, 1)
    assert difference(3, 0, (0, 0)) == (-1, 1)


@given(COUNTS, COUNTS)
def test_the_share_lies_within_and_the_interval_within_0_and_1(passed, failed):
    low, high = wilson(passed, failed)
    assert 0 <= low <= high <= 1
    if passed + failed:
        assert low <= passed / (passed + failed) <= high


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_turned_round_the_difference_changes_its_sign(a, b, c, d):
    one, other = difference(a, b, (c, d)), difference(c, d, (a, b))
    assert one == pytest.approx((-other.high, -other.low), abs=1e-9)


@given(st.integers(0, 100), st.integers(1, 100), st.integers(2, 50))
def test_more_of_the_same_makes_it_narrower(passed, failed, times):
    few, many = wilson(passed, failed), wilson(passed * times, failed * times)
    assert many.high - many.low < few.high - few.low
