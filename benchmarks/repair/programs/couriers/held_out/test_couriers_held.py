import asyncio

import pytest
from couriers import Depot, collected, first_of, paced


def go(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 2))


@pytest.mark.parametrize("couriers", range(1, 5))
@pytest.mark.parametrize("attempts", range(1, 4))
@pytest.mark.parametrize("failures", range(4))
def test_counts(couriers, attempts, failures):
    tries, now, most = [], 0, 0

    async def deliver(parcel):
        nonlocal now, most
        tries.append(parcel)
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        if parcel % 2 and tries.count(parcel) <= failures:
            raise ConnectionError(f"no {parcel}")
        return -parcel

    depot = Depot(deliver, couriers=couriers, attempts=attempts)
    arrived = go(depot.run(range(6)))
    good = [n for n in range(6) if n % 2 == 0 or failures < attempts]
    assert arrived == len(good)
    assert depot.delivered == {n: -n for n in good}
    assert depot.failed == {n: f"no {n}" for n in range(6) if n not in good}
    assert most == couriers
    assert all(tries.count(n) == (min(failures + 1, attempts) if n % 2 else 1) for n in range(6))


def test_no_courier_is_left_running():
    async def main():
        async def deliver(parcel):
            return parcel

        before = asyncio.all_tasks()
        await Depot(deliver, couriers=3).run("ab")
        return asyncio.all_tasks() - before

    assert go(main()) == set()


def test_losers_are_cancelled():
    ended = []

    async def slow(name):
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    async def fast():
        await asyncio.sleep(0)
        return 1

    assert go(first_of(slow("a"), fast(), slow("b"))) == 1
    assert sorted(ended) == ["a", "b"]


def test_other_errors_are_not_hidden():
    async def bad():
        raise KeyError("x")

    with pytest.raises(KeyError):
        go(first_of(bad()))
    with pytest.raises(LookupError):
        go(first_of())


@pytest.mark.parametrize("limit", [None, 0, 1, 3, 4, 9])
def test_collected_takes_no_more_than_it_needs(limit):
    taken = []

    async def gate():
        taken.append(1)

    items = go(collected(paced(range(4), gate), limit))
    assert items == list(range(4))[:limit]
    assert len(taken) == len(items)
