import pytest
from lift import Lift, best_parking


def test_goes_up_and_down():
    lift = Lift(10, start=4)
    for floor in (6, 2, 9):
        lift.call(floor)
    assert lift.run() == 9
    assert lift.visited == [2, 6, 9]


def test_nearest_first():
    lift = Lift(10, start=4)
    lift.call(7)
    lift.call(3)
    lift.run()
    assert lift.visited == [3, 7]


def test_keeps_its_direction():
    lift = Lift(10, start=4)
    lift.call(6)
    lift.step()
    lift.call(4)
    lift.call(8)
    lift.run()
    assert lift.visited == [6, 8, 4]


def test_call_where_it_is():
    lift = Lift(5)
    lift.call(0)
    assert not lift.step()
    assert lift.visited == []


@pytest.mark.parametrize("floor", [-1, 5])
def test_no_such_floor(floor):
    with pytest.raises(ValueError):
        Lift(5).call(floor)


def test_rests():
    lift = Lift(5)
    lift.call(2)
    lift.run()
    assert not lift.step()
    assert lift.direction == 0
    assert lift.floor == 2


def test_limit():
    lift = Lift(9)
    lift.call(8)
    assert lift.run(limit=3) == 3
    assert lift.floor == 3


def test_best_parking():
    assert best_parking([1, 5, 6]) == 5
    assert best_parking([2, 4]) == 2
    assert best_parking([]) == 0
