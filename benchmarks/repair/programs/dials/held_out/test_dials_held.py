import random

import pytest
from dials import alarms, crossings, filled, outliers, smoothed, steps, turns


def drawn(seed):
    return random.Random(seed).choices(range(10), k=seed % 9)


@pytest.mark.parametrize("seed", range(45))
def test_by_definition(seed):
    readings = drawn(seed)
    size = range(len(readings))
    for weight in (0, 0.25, 1):
        out = smoothed(readings, weight)
        for n in size:
            expected = readings[0] * (1 - weight) ** n + sum(
                weight * (1 - weight) ** (n - k) * readings[k] for k in range(1, n + 1)
            )
            assert out[n] == pytest.approx(expected)
    assert steps(readings) == [readings[n + 1] - readings[n] for n in size[:-1]]
    assert turns(readings, 10) == sum((b - a) % 10 for a, b in zip(readings, readings[1:]))
    for level in (0, 3, 9):
        assert crossings(readings, level) == [n for n in size[1:] if readings[n] >= level > readings[n - 1]]
    if readings:
        mean = sum(readings) / len(readings)
        far = sum(abs(r - mean) for r in readings) / len(readings)
        for factor in (1, 1.5, 2):
            assert outliers(readings, factor) == [n for n in size if abs(readings[n] - mean) > factor * far]
        assert outliers(readings) == outliers(readings, 2)


@pytest.mark.parametrize("seed", range(45))
def test_gaps(seed):
    chance = random.Random(seed)
    whole = [2 * n + 3 for n in range(8)]
    gaps = [None if chance.random() < 0.5 else value for value in whole]
    known = [n for n, value in enumerate(gaps) if value is not None]
    out = filled(gaps)
    if not known:
        assert out == gaps
        return
    for n, value in enumerate(out):
        assert value == pytest.approx(whole[min(max(n, known[0]), known[-1])])


@pytest.mark.parametrize("seed", range(45))
def test_alarm_states(seed):
    readings = drawn(seed) + drawn(seed + 1)
    on, expected = False, []
    for n, reading in enumerate(readings):
        now = reading > 6 if not on else reading >= 3
        if now is not on:
            expected.append((n, now))
        on = now
    assert alarms(readings, 6, 3) == expected
