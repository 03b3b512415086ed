import random

import pytest
from lift import Lift, best_parking


@pytest.mark.parametrize("seed", range(80))
def test_everybody_arrives_in_few_turns(seed):
    chance = random.Random(seed)
    start = chance.randrange(12)
    lift = Lift(12, start=start)
    calls = {chance.randrange(12) for _ in range(seed % 6)} - {start}
    for floor in calls:
        lift.call(floor)
    steps = lift.run()
    assert sorted(lift.visited) == sorted(calls) and not lift.wanted
    if not calls:
        assert steps == 0
        return
    low, high = min(start, *calls), max(start, *calls)
    nearest = min(calls, key=lambda f: (abs(f - start), f))
    up = nearest > start
    first, second = (high, low) if up else (low, high)
    one_sided = low == start or high == start
    assert steps == (high - low if one_sided else abs(first - start) + high - low)
    ahead = [f for f in calls if (f > start) is up]
    behind = [f for f in calls if (f > start) is not up]
    assert lift.visited == sorted(ahead, reverse=not up) + sorted(behind, reverse=up)
    assert lift.floor == (first if one_sided else second)
    assert lift.step() is False and lift.direction == 0


@pytest.mark.parametrize("limit", range(0, 8, 2))
def test_limits(limit):
    lift = Lift(6, start=5)
    lift.call(0)
    assert lift.run(limit) == min(5, limit)
    assert lift.floor == 5 - min(5, limit)


@pytest.mark.parametrize("seed", range(30))
def test_parking_by_trying(seed):
    calls = random.Random(seed).choices(range(9), k=seed % 7)
    costs = [sum(abs(f - c) for c in calls) for f in range(10)]
    assert best_parking(calls) == costs.index(min(costs))


@pytest.mark.parametrize("floor", [-3, 12, 13])
def test_floors_that_are_none(floor):
    with pytest.raises(ValueError):
        Lift(12).call(floor)
    Lift(12).call(11)
