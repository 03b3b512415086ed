import pytest
from poly import added, power, slope, text, times, trimmed, value, zero_between


def test_trimmed():
    assert trimmed([1, 0, 2, 0, 0]) == [1, 0, 2]
    assert trimmed([0, 0]) == []


def test_value():
    assert value([1, 2, 3], 2) == 17
    assert value([], 5) == 0
    assert value([4], 9) == 4


def test_added():
    assert added([1, 2], [3, -2, 5]) == [4, 0, 5]
    assert added([1, 1], [0, -1]) == [1]


def test_times():
    assert times([1, 1], [-1, 1]) == [-1, 0, 1]
    assert times([2], [1, 2, 3]) == [2, 4, 6]
    assert times([], [1]) == []


def test_slope():
    assert slope([5, 4, 3]) == [4, 6]
    assert slope([5]) == []


def test_power():
    assert power([1, 1], 3) == [1, 3, 3, 1]
    assert power([2], 5) == [32]
    assert power([1, 2], 0) == [1]


@pytest.mark.parametrize(
    "p, out",
    [([], "0"), ([1, -1], "-x + 1"), ([0, 0, 1], "x^2"), ([-3, 2, -1], "-x^2 + 2x - 3"), ([-1], "-1")],
)
def test_text(p, out):
    assert text(p) == out


def test_zero_between():
    assert zero_between([-2, 0, 1], 0, 2) == pytest.approx(2**0.5)
    assert zero_between([1, -1], 0, 3) == pytest.approx(1)
    with pytest.raises(ValueError):
        zero_between([1, 0, 1], -1, 1)
