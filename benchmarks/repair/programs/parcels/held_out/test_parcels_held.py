import random
from math import ceil

import pytest
from parcels.depot import Depot
from parcels.model import NEXT, Parcel, State
from parcels.tariff import PRICES, STEPS, TooLarge, batch_price, insurance, price


@pytest.mark.parametrize("start", State)
@pytest.mark.parametrize("end", State)
def test_every_step(start, end):
    parcel = Parcel("x", 1, (1, 1, 1), state=start)
    if end in NEXT[start]:
        parcel.go(end, "here")
        assert parcel.state is end and parcel.trail == [(start, "here")]
    else:
        with pytest.raises(ValueError):
            parcel.go(end)
        assert parcel.state is start and parcel.trail == []


@pytest.mark.parametrize("seed", range(60))
def test_price_by_definition(seed):
    chance = random.Random(seed)
    size = tuple(chance.randrange(1, 90) for _ in range(3))
    weight = chance.choice([1, 999, 1000, 1001, 5000, 10_000, 29_999, 30_000])
    parcel = Parcel("x", weight, size, chance.choice([1, 2]), chance.choice([0, 9999, 10_001, 30_000, 45_000]))
    counted = max(weight, size[0] * size[1] * size[2] // 5)
    assert parcel.girth() == 2 * sum(size) - max(size)
    if counted > 30_000:
        with pytest.raises(TooLarge):
            price(parcel)
        return
    place = sum(counted > step for step in STEPS)
    for rebate in (0, 5, 33):
        net = PRICES[parcel.zone][place]
        net -= net * rebate // 100
        extra = 700 if parcel.girth() > 300 else 0
        assert price(parcel, rebate) == net + extra + insurance(parcel.insured)


@pytest.mark.parametrize("value", range(0, 60_000, 2500))
def test_insurance_by_hundreds(value):
    assert insurance(value) == 50 * max(0, ceil((value - 10_000) / 10_000))


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 49, 50, 51])
def test_batches(count):
    parcels = [Parcel(str(n), 100 + n, (5, 5, 5)) for n in range(count)]
    rebate = 12 if count >= 50 else 5 if count >= 10 else 0
    assert batch_price(parcels) == sum(price(p, rebate) for p in parcels)
    assert batch_price(parcels, ((1, 50),)) == 250 * count


@pytest.mark.parametrize("seed", range(60))
def test_depot_like_lists(seed):
    chance = random.Random(seed)
    depot = Depot("d", [1, 2])
    belts, refused = {1: [], 2: []}, []
    for number in range(15):
        parcel = Parcel(f"p{number}", chance.randrange(1, 9), (1, 1, 1), chance.randrange(1, 4))
        assert depot.take_in(parcel) is (parcel.zone in belts)
        if parcel.zone in belts:
            belts[parcel.zone].append(parcel)
        else:
            refused.append(parcel.code)
        if chance.random() < 0.4:
            zone, limit = chance.choice([1, 2]), chance.randrange(20)
            expected, left = [], limit
            for waiting in belts[zone]:
                if waiting.weight <= left:
                    expected.append(waiting)
                    left -= waiting.weight
            loaded = depot.load(zone, limit)
            assert loaded == expected and all(p.state is State.MOVING for p in loaded)
            home = {p.code for p in loaded if chance.random() < 0.5}
            assert depot.deliver(loaded, home) == len(home)
            back = [p for p in loaded if p.code not in home]
            belts[zone] = back + [p for p in belts[zone] if p not in expected]
            assert all(p.state is (State.DELIVERED if p.code in home else State.SORTED) for p in loaded)
        assert depot.belts == belts and depot.refused == refused
        assert depot.waiting() == {z: len(b) for z, b in belts.items() if b}
