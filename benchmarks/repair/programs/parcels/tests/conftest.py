import pytest
from parcels.depot import Depot
from parcels.model import Parcel


@pytest.fixture
def parcel():
    return Parcel("p1", 900, (30, 10, 10))


@pytest.fixture
def depot():
    depot = Depot("north", [1, 2])
    for number, weight in enumerate((400, 900, 300, 200), start=1):
        depot.take_in(Parcel(f"p{number}", weight, (10, 10, 10)))
    return depot
