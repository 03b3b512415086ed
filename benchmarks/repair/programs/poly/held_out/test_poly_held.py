import random

import pytest
from poly import added, power, slope, text, times, trimmed, value, zero_between


def drawn(seed):
    chance = random.Random(seed)
    return [chance.randrange(-4, 5) for _ in range(seed % 6)]


@pytest.mark.parametrize("seed", range(40))
def test_values_follow(seed):
    p, q = drawn(seed), drawn(seed * 7 + 1)
    before = list(p), list(q)
    for x in range(-4, 5):
        assert value(p, x) == sum(c * x**n for n, c in enumerate(p))
        assert value(added(p, q), x) == value(p, x) + value(q, x)
        assert value(times(p, q), x) == value(p, x) * value(q, x)
        for exponent in range(6):
            assert value(power(p, exponent), x) == value(p, x) ** exponent
    for result in (added(p, q), times(p, q), trimmed(p)):
        assert not result or result[-1] != 0
    assert slope(p) == [n * p[n] for n in range(1, len(p))]
    assert (p, q) == before


@pytest.mark.parametrize("seed", range(60))
def test_text_can_be_evaluated(seed):
    p = drawn(seed)
    written = text(p)
    assert "+ -" not in written and "1x" not in written.replace("-1", "?1") and "x^1" not in written
    python = written.replace("^", "**")
    for n in "23456789":
        python = python.replace(f"{n}x", f"{n}*x")
    for x in range(-3, 4):
        assert eval(python, {"x": x}) == value(p, x)
    powers = [part for part in written.replace("- ", "").replace("+ ", "").split()]
    assert len(powers) == max(1, sum(c != 0 for c in p))


@pytest.mark.parametrize("root", [-2.5, -1, 0, 0.25, 2])
@pytest.mark.parametrize("sign", [1, -1])
def test_zero_of_a_cubic(root, sign):
    p = times([sign], times([-root, 1], [1, 0, 1]))
    assert zero_between(p, -3, 4) == pytest.approx(root, abs=1e-9)
    with pytest.raises(ValueError):
        zero_between(p, root + 0.5, root + 1)
