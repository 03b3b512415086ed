import pytest
from stockroom.errors import Duplicate, Invalid, Unknown
from stockroom.schedule import Schedule


@pytest.fixture
def schedule():
    return Schedule()


def nothing(day):
    pass


def test_in_order(schedule):
    schedule.add("b", 2, nothing)
    schedule.add("a", 1, nothing)
    schedule.add("late", 2, nothing, priority=9)
    schedule.add("soon", 2, nothing, priority=1)
    assert schedule.run_until(2) == [(1, "a"), (2, "soon"), (2, "b"), (2, "late")]
    assert len(schedule) == 0


def test_only_until_the_day(schedule):
    schedule.add("a", 1, nothing)
    schedule.add("b", 3, nothing)
    assert schedule.run_until(2) == [(1, "a")]
    assert schedule.today == 2
    assert schedule.next_day() == 3


def test_again(schedule):
    days = []
    schedule.add("a", 1, days.append, every=3)
    schedule.run_until(8)
    assert days == [1, 4, 7]
    assert schedule.next_day() == 10


def test_so_many_times(schedule):
    days = []
    schedule.add("a", 1, days.append, every=1, times=3)
    schedule.run_until(9)
    assert days == [1, 2, 3]
    assert len(schedule) == 0


def test_errors(schedule):
    schedule.add("a", 5, nothing)
    with pytest.raises(Duplicate):
        schedule.add("a", 6, nothing)
    with pytest.raises(Invalid):
        schedule.add("b", 5, nothing, every=0)
    schedule.run_until(7)
    with pytest.raises(Invalid):
        schedule.add("c", 6, nothing)
    schedule.add("c", 7, nothing)


def test_cancel(schedule):
    schedule.add("a", 1, nothing)
    schedule.add("b", 2, nothing)
    schedule.cancel("a")
    assert schedule.next_day() == 2
    assert schedule.run_until(5) == [(2, "b")]
    with pytest.raises(Unknown):
        schedule.cancel("a")


def test_cancelled_and_added_again(schedule):
    schedule.add("a", 1, nothing)
    schedule.cancel("a")
    schedule.add("a", 3, nothing)
    assert schedule.run_until(5) == [(3, "a")]


def test_move(schedule):
    schedule.add("a", 1, nothing, every=2, times=2)
    schedule.move("a", 4)
    assert schedule.run_until(9) == [(4, "a"), (6, "a")]
    with pytest.raises(Unknown):
        schedule.move("a", 4)


def test_after(schedule):
    schedule.add("a", 1, nothing)
    schedule.add("b", 1, nothing)
    schedule.add("c", 1, nothing)
    schedule.after("a", "c")
    assert schedule.run_until(1) == [(1, "b"), (1, "c"), (1, "a")]
    with pytest.raises(Invalid):
        schedule.after("a", "a")


def test_after_in_a_ring(schedule):
    schedule.add("a", 1, nothing)
    schedule.add("b", 1, nothing)
    schedule.after("a", "b")
    schedule.after("b", "a")
    assert schedule.run_until(1) == [(1, "a"), (1, "b")]


def test_jobs_may_plan_jobs(schedule):
    schedule.add("a", 1, lambda day: schedule.add("b", day, nothing))
    assert schedule.run_until(1) == [(1, "a"), (1, "b")]


def test_log(schedule):
    schedule.add("a", 1, nothing, every=1)
    schedule.run_until(1)
    schedule.run_until(2)
    assert schedule.log == [(1, "a"), (2, "a")]
