import asyncio

import pytest
from couriers import Depot, collected, first_of, paced


def test_all_delivered(go, road):
    depot = Depot(road)
    assert go(depot.run("abc")) == 3
    assert depot.delivered == {"a": "A", "b": "B", "c": "C"}
    assert depot.failed == {}


def test_nothing_to_deliver(go, road):
    assert go(Depot(road).run("")) == 0


def test_side_by_side(go, road):
    go(Depot(road, couriers=3).run("abcdef"))
    assert road.most == 3


def test_tried_again(go, road):
    road.bad = {"b": 2}
    depot = Depot(road)
    assert go(depot.run("ab")) == 2
    assert road.tries.count("b") == 3
    assert depot.failed == {}


def test_given_up(go, road):
    road.bad = {"b": 9}
    depot = Depot(road, attempts=2)
    assert go(depot.run("abc")) == 2
    assert depot.failed == {"b": "blocked"}
    assert road.tries.count("b") == 2


def test_first_of(go):
    async def slow():
        await asyncio.Event().wait()

    async def fast():
        return "fast"

    async def bad():
        raise ConnectionError

    assert go(first_of(slow(), bad(), fast())) == "fast"


def test_first_of_none(go):
    async def bad():
        raise ConnectionError

    with pytest.raises(LookupError):
        go(first_of(bad(), bad()))


def test_collected(go):
    async def numbers():
        for n in range(5):
            yield n

    assert go(collected(numbers())) == [0, 1, 2, 3, 4]
    assert go(collected(numbers(), 2)) == [0, 1]
    assert go(collected(numbers(), 0)) == []


def test_paced(go):
    waits = []

    async def gate():
        waits.append(len(waits))

    assert go(collected(paced("abc", gate))) == ["a", "b", "c"]
    assert waits == [0, 1, 2]
