"""Places and resources."""

import pytest

from gatewright.domain.errors import InputError
from gatewright.plans.scheduling.slots import Slots


def offered(slots: Slots, *needs: tuple[tuple[str, float], ...]) -> Slots:
    for number, one in enumerate(needs):
        slots.offer(f"s{number}", number=number, needs=one)
    return slots


def test_the_order_is_that_of_the_plan() -> None:
    slots = Slots(2)
    slots.offer("b", number=2)
    slots.offer("a", number=1)
    slots.offer("c", number=3)
    assert slots.admit() == ["a", "b"]


def test_a_release_makes_room() -> None:
    slots = offered(Slots(1), (), ())
    slots.admit()
    slots.release("s0")
    assert slots.admit() == ["s1"]


def test_a_scarce_resource_does_not_hold_up_what_does_not_need_it() -> None:
    gpu = (("gpu", 1),)
    slots = offered(Slots(9, capacities={"gpu": 1}), gpu, gpu, ())
    assert slots.admit() == ["s0", "s2"]


def test_a_large_step_is_not_starved_by_small_ones() -> None:
    one, two = (("gpu", 1),), (("gpu", 2),)
    slots = offered(Slots(9, capacities={"gpu": 2}), one, two, one)
    assert slots.admit() == ["s0"]
    slots.release("s0")
    assert slots.admit() == ["s1"]


def test_what_was_withdrawn_is_not_admitted() -> None:
    slots = offered(Slots(9), (), ())
    slots.withdraw("s0")
    assert slots.admit() == ["s1"]


def test_a_release_of_what_was_not_admitted_gives_nothing() -> None:
    slots = offered(Slots(1), (), ())
    slots.admit()
    slots.release("s1")
    assert slots.admit() == ()


def test_more_than_there_is_is_refused() -> None:
    with pytest.raises(InputError, match=r"steps\.s\.resources\.gpu: there are only 2 of it"):
        Slots(1, capacities={"gpu": 2}).check("s", (("gpu", 3),))
