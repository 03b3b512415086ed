import pytest
from parcels.model import Parcel, State
from parcels.tariff import TooLarge, base, batch_price, insurance, price


def codes(parcels):
    return [parcel.code for parcel in parcels]


def test_girth(parcel):
    assert parcel.girth() == 70
    assert Parcel("x", 1, (10, 40, 20)).girth() == 100


def test_volume_weight(parcel):
    assert parcel.volume_weight == 600


def test_go(parcel):
    parcel.go(State.SORTED, "north")
    parcel.go(State.MOVING)
    assert parcel.state is State.MOVING
    assert parcel.trail == [(State.NEW, "north"), (State.SORTED, "")]
    with pytest.raises(ValueError, match="p1: moving to new"):
        parcel.go(State.NEW)


@pytest.mark.parametrize(
    "weight, size, zone, cents",
    [
        (900, (10, 10, 10), 1, 500),
        (1000, (10, 10, 10), 1, 500),
        (1001, (10, 10, 10), 1, 800),
        (100, (30, 30, 30), 1, 1200),
        (30_000, (10, 10, 10), 2, 4200),
    ],
)
def test_base(weight, size, zone, cents):
    assert base(Parcel("x", weight, size, zone)) == cents


def test_too_large():
    with pytest.raises(TooLarge):
        base(Parcel("x", 30_001, (1, 1, 1)))
    with pytest.raises(TooLarge):
        base(Parcel("x", 1, (100, 100, 100)))


@pytest.mark.parametrize("value, cents", [(0, 0), (10_000, 0), (10_001, 50), (20_000, 50), (20_001, 100)])
def test_insurance(value, cents):
    assert insurance(value) == cents


def test_price(parcel):
    assert price(parcel) == 500
    assert price(parcel, rebate=10) == 450
    parcel.insured = 15_000
    assert price(parcel, rebate=10) == 500
    assert price(Parcel("x", 900, (150, 2, 74))) == 1500


def test_batch(parcel):
    assert batch_price([parcel] * 9) == 4500
    assert batch_price([parcel] * 10) == 4750
    assert batch_price([parcel] * 50) == 22_000
    assert batch_price([]) == 0


def test_take_in(depot):
    assert depot.waiting() == {1: 4}
    stranger = Parcel("far", 1, (1, 1, 1), zone=9)
    assert not depot.take_in(stranger)
    assert depot.refused == ["far"]
    assert stranger.state is State.NEW


def test_load(depot):
    assert codes(depot.load(1, 1000)) == ["p1", "p3", "p4"]
    assert codes(depot.belts[1]) == ["p2"]


def test_load_exactly(depot):
    assert codes(depot.load(1, 1300)) == ["p1", "p2"]


def test_deliver(depot):
    loaded = depot.load(1, 1600)
    assert depot.deliver(loaded, {"p1"}) == 1
    assert codes(depot.belts[1]) == ["p2", "p3", "p4"]
    assert loaded[0].state is State.DELIVERED


def test_back_to_the_front(depot):
    loaded = depot.load(1, 500)
    assert codes(loaded) == ["p1"]
    depot.deliver(loaded, set())
    assert codes(depot.belts[1]) == ["p1", "p2", "p3", "p4"]


def test_parcels_are_apart():
    first, second = Parcel("a", 1, (1, 1, 1)), Parcel("b", 1, (1, 1, 1))
    first.go(State.SORTED)
    assert second.trail == []
