import pytest
from dials import alarms, crossings, filled, outliers, smoothed, steps, turns


def test_smoothed():
    assert smoothed([4, 8, 8], 0.5) == [4, 6, 7]
    assert smoothed([1, 5], 1) == [1, 5]
    assert smoothed([], 0.5) == []
    assert smoothed([0, 4, 4], 0.25) == [0, 1, 1.75]


def test_steps():
    assert steps([1, 4, 2]) == [3, -2]
    assert steps([1]) == []


def test_turns():
    assert turns([90, 5, 20], 100) == 30
    assert turns([5, 5, 9], 10) == 4
    assert turns([5, 4, 3], 10) == 18


def test_outliers():
    assert outliers([5, 5, 5, 5, 50]) == [4]
    assert outliers([5, 5, 5, 5, -50]) == [4]
    assert outliers([1, 2, 3]) == []
    assert outliers([]) == []


@pytest.mark.parametrize(
    "readings, out",
    [([1, None, 3], [1, 2, 3]), ([None, 2, None], [2, 2, 2]), ([0, None, None, 9], [0, 3, 6, 9]), ([None], [None]), ([4, None, None, None, 0], [4, 3, 2, 1, 0])],
)
def test_filled(readings, out):
    assert filled(readings) == out


def test_filled_leaves_the_readings_alone():
    readings = [1, None]
    filled(readings)
    assert readings == [1, None]


def test_crossings():
    assert crossings([1, 5, 5, 2, 6, 1], 5) == [1, 4]
    assert crossings([5, 6], 5) == []


def test_alarms():
    assert alarms([1, 9, 6, 9, 3, 8, 1], high=7, low=4) == [(1, True), (4, False), (5, True), (6, False)]
    assert alarms([7, 4], high=7, low=4) == []
