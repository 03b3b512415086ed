import asyncio
from typing import get_args

import pytest

from gatewright.domain.errors import FaultKind, ModelFault
from gatewright.domain.ports import Circuits
from routing.breaker import Breakers, Change, Standing, describe

NAME = "openai/gpt-5-mini"
COUNTED: tuple[FaultKind, ...] = (
    "timeout",
    "connection",
    "rate_limited",
    "overloaded",
    "server_error",
)
NOT_ASKED: tuple[FaultKind, ...] = ("not_configured", "circuit_open")
ANSWERED = tuple(k for k in get_args(FaultKind) if k not in {*COUNTED, *NOT_ASKED})


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class House:
    """Breakers with a clock that is moved by hand, and what was heard of them."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.heard: list[Change] = []
        self.breakers = Breakers(clock=self.clock, on_change=self.heard.append)
        self.circuits: Circuits = self.breakers

    def fail(self, kind: FaultKind = "overloaded", *, model: str = NAME) -> None:
        self.circuits.admit(model)
        self.circuits.failed(ModelFault(model, kind, "said the test"))

    def answer(self) -> None:
        self.circuits.admit(NAME)
        self.circuits.succeeded(NAME)

    def open(self) -> "House":
        for _ in range(5):
            self.fail()
        return self

    def half_open(self) -> "House":
        """The minute is over and the one call is on its way."""
        self.open()
        self.clock.now += 60
        self.circuits.admit(NAME)
        return self

    def refusal(self, model: str = NAME) -> ModelFault:
        with pytest.raises(ModelFault) as caught:
            self.circuits.admit(model)
        return caught.value

    def state(self) -> str:
        return self.breakers.states()[0].state


@pytest.fixture
def house() -> House:
    return House()


def test_four_faults_do_not_open(house: House) -> None:
    for _ in range(4):
        house.fail()
    assert (house.circuits.is_open(NAME), house.heard) == (False, [])


@pytest.mark.parametrize("kind", sorted(COUNTED))
def test_five_faults_in_a_row_open(house: House, kind: FaultKind) -> None:
    for _ in range(5):
        house.fail(kind)
    assert house.circuits.is_open(NAME)
    assert house.heard == [Change(NAME, "closed", "open", kind)]


def test_an_answer_between_them_begins_the_count_anew(house: House) -> None:
    for _ in range(4):
        house.fail()
    house.answer()
    for _ in range(4):
        house.fail()
    assert not house.circuits.is_open(NAME)


@pytest.mark.parametrize("kind", sorted(set(ANSWERED) - {"quota_exhausted"}))
def test_a_refused_request_shows_that_the_provider_is_there(house: House, kind: FaultKind) -> None:
    for _ in range(4):
        house.fail()
    house.fail(kind)
    assert house.breakers.states() == (Standing(NAME, "closed", 0, None, 0.0),)


@pytest.mark.parametrize("kind", sorted(NOT_ASKED))
def test_a_call_that_never_left_says_nothing(house: House, kind: FaultKind) -> None:
    for _ in range(4):
        house.fail()
    house.fail(kind)
    assert house.breakers.states() == (Standing(NAME, "closed", 4, "overloaded", 0.0),)


def test_an_account_without_credit_opens_at_once(house: House) -> None:
    house.fail("quota_exhausted")
    assert house.heard == [Change(NAME, "closed", "open", "quota_exhausted")]


def test_an_open_circuit_refuses_and_says_for_how_long(house: House) -> None:
    house.open()
    house.clock.now += 18
    fault = house.refusal()
    assert (fault.model, fault.kind, fault.retry_after_s) == (NAME, "circuit_open", 42.0)
    assert "5 faults in a row (overloaded); try again in 42 s" in str(fault)


def test_a_refusal_is_not_tried_again(house: House) -> None:
    assert not house.open().refusal().retryable


def test_other_models_of_the_provider_are_let_through(house: House) -> None:
    house.open()
    house.circuits.admit("openai/gpt-5")
    assert not house.circuits.is_open("openai/gpt-5")


def test_asking_changes_nothing(house: House) -> None:
    assert not house.circuits.is_open("openai/unheard-of")
    assert house.breakers.states() == ()


def test_it_is_not_open_just_when_the_minute_is_over(house: House) -> None:
    house.open()
    house.clock.now += 59.5
    before = house.circuits.is_open(NAME)
    house.clock.now += 0.5
    assert (before, house.circuits.is_open(NAME), house.state()) == (True, False, "half_open")


async def test_of_twenty_that_wait_exactly_one_goes_through(house: House) -> None:
    house.open()
    house.clock.now += 60
    go, end = asyncio.Event(), asyncio.Event()

    async def call() -> bool:
        await go.wait()
        try:
            house.circuits.admit(NAME)
        except ModelFault:
            return False
        await end.wait()
        house.circuits.succeeded(NAME)
        return True

    waiting = [asyncio.create_task(call()) for _ in range(20)]
    go.set()
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    while len(done) < 19:
        more, _ = await asyncio.wait(set(waiting) - done, return_when=asyncio.FIRST_COMPLETED)
        done |= more
    end.set()
    assert sum(await asyncio.gather(*waiting)) == 1
    assert house.state() == "closed"


def test_no_second_call_goes_through_however_long_the_first_takes(house: House) -> None:
    house.half_open()
    house.clock.now += 10_000
    fault = house.refusal()
    assert (fault.kind, fault.retry_after_s) == ("circuit_open", None)
    assert house.circuits.is_open(NAME)


def test_the_answer_of_the_one_call_closes(house: House) -> None:
    house.half_open().circuits.succeeded(NAME)
    house.fail()
    assert house.breakers.states() == (Standing(NAME, "closed", 1, "overloaded", 0.0),)
    assert house.heard[1:] == [
        Change(NAME, "open", "half_open", "overloaded"),
        Change(NAME, "half_open", "closed", "overloaded"),
    ]


def test_the_fault_of_the_one_call_opens_for_another_minute(house: House) -> None:
    house.half_open().circuits.failed(ModelFault(NAME, "timeout", "x"))
    house.clock.now += 59
    assert house.breakers.states() == (Standing(NAME, "open", 6, "timeout", 1.0),)


def test_when_the_one_call_is_cancelled_the_next_one_is_let_through(house: House) -> None:
    house.half_open().circuits.abandoned(NAME)
    house.circuits.admit(NAME)
    assert house.refusal().kind == "circuit_open"


def test_a_call_from_before_that_is_cancelled_does_not_let_a_second_one_through(
    house: House,
) -> None:
    house.circuits.admit(NAME)
    house.half_open().circuits.abandoned(NAME)
    assert house.refusal().kind == "circuit_open"


def test_an_answer_from_before_it_opened_comes_too_late(house: House) -> None:
    house.circuits.admit(NAME)
    house.open().circuits.succeeded(NAME)
    assert house.state() == "open"


def test_faults_of_calls_from_before_do_not_make_the_minute_longer(house: House) -> None:
    house.circuits.admit(NAME)
    house.open()
    house.clock.now += 30
    house.circuits.failed(ModelFault(NAME, "timeout", "x"))
    assert house.breakers.states() == (Standing(NAME, "open", 5, "overloaded", 30.0),)


def test_what_is_told_can_ask_in_turn(house: House) -> None:
    """A listener that looks at the states must not wait for itself."""
    seen: list[tuple[Standing, ...]] = []
    breakers = Breakers(clock=house.clock, on_change=lambda _: seen.append(breakers.states()))
    breakers.admit(NAME)
    breakers.failed(ModelFault(NAME, "quota_exhausted", "x"))
    assert seen == [(Standing(NAME, "open", 1, "quota_exhausted", 60.0),)]


def test_states_can_be_read_by_people(house: House) -> None:
    house.open()
    house.clock.now += 18
    for model in ("anthropic/a", "gemini/b"):
        house.circuits.admit(model)
        house.circuits.succeeded(model)
    house.fail("timeout", model="gemini/b")
    assert describe(house.breakers.states()) == (
        "openai/gpt-5-mini: open for another 42 s (5 faults in a row, the last: overloaded)",
        "anthropic/a: closed",
        "gemini/b: closed (1 fault in a row, the last: timeout)",
    )


def test_a_half_open_one_is_told_as_such(house: House) -> None:
    house.half_open()
    assert describe(house.breakers.states()) == (
        f"{NAME}: half-open, the next call decides (5 faults in a row, the last: overloaded)",
    )


def test_a_change_can_be_read_by_people() -> None:
    change = Change(NAME, "open", "half_open", "overloaded")
    assert change.words == "circuit half-open, was open (overloaded)"
