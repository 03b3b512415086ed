import random

import pytest
from triage import Triage


@pytest.mark.parametrize("seed", range(80))
def test_like_sorting(seed):
    chance = random.Random(seed)
    queue, model = Triage(), []
    for number in range(seed % 23 + 1):
        urgency = chance.randrange(5)
        queue.admit(number, urgency)
        model.append((-urgency, number))
        if chance.random() < 0.3:
            model.sort()
            assert queue.peek() == model[0][1]
            assert queue.serve() == model.pop(0)[1]
        assert len(queue) == len(model)
    model.sort()
    assert [queue.serve() for _ in model] == [number for _, number in model]
    assert queue.peek() is None


@pytest.mark.parametrize("size", range(1, 12))
def test_rising_and_falling_urgency(size):
    rising, falling = Triage(), Triage()
    for number in range(size):
        rising.admit(number, number)
        falling.admit(number, -number)
    assert [rising.serve() for _ in range(size)] == list(range(size))[::-1]
    assert [falling.serve() for _ in range(size)] == list(range(size))


def test_names_are_never_compared():
    queue = Triage()
    for name in ({}, None, 3):
        queue.admit(name, 1)
    assert [queue.serve() for _ in range(3)] == [{}, None, 3]
