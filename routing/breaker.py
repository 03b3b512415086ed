"""Circuit breakers: a model that does not answer is left alone for a while.

Closed: every call goes through. Open after five countable faults in a row: none does, for a minute.
Half-open after that: exactly one call goes through and shows which of the two it is to be.

Our own, because the libraries that open and close as one would wish let all the callers through
that wait at half-open, not one (tried with twenty), or cannot wait for coroutines at all.

What counts is what may pass by itself; an account without credit opens at once. An answer that is
a refusal of the request (a bad request, a wrong key) shows that the provider is there. What was
cancelled shows nothing.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from gatewright.domain.errors import FaultKind, ModelFault

State = Literal["closed", "open", "half_open"]

_NOT_ASKED: frozenset[FaultKind] = frozenset({"not_configured", "circuit_open"})
"""Faults of calls that never left the house."""


class Standing(NamedTuple):
    """Where one model's circuit stands."""

    model: str
    state: State
    faults: int
    """Countable ones, since the last answer."""
    last: FaultKind | None
    """The kind of the last of them."""
    wait_s: float
    """Until a call may go through; 0 unless open."""


class Change(NamedTuple):
    """A circuit that went from one state to another."""

    model: str
    before: State
    after: State
    last: FaultKind | None
    """What opened it, or had opened it."""

    @property
    def words(self) -> str:
        """For people: `circuit half-open, was open (overloaded)`."""
        after, before = (state.replace("_", "-") for state in (self.after, self.before))
        return f"circuit {after}, was {before}" + (f" ({self.last})" if self.last else "")


@dataclass
class _Circuit:
    state: State = "closed"
    faults: int = 0
    last: FaultKind | None = None
    opened_at: float = 0.0
    flying: int = 0
    """Admitted calls that have not ended."""
    probing: bool = False
    """Half-open: the one call is on its way."""


class Breakers:
    """Implements the `Circuits` port; one for a process, whose event loops and threads share it."""

    def __init__(
        self,
        *,
        faults: int = 5,
        open_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[Change], None] | None = None,
    ) -> None:
        """`on_change` hears of every change, in the thread that made it, and must not raise."""
        self._faults = faults
        self._open_s = open_s
        self._clock = clock
        self._on_change = on_change
        self._circuits: dict[str, _Circuit] = {}
        self._lock = threading.Lock()

    def admit(self, model: str) -> None:
        """Before each attempt; whoever is admitted reports exactly once how it ended.

        Raises: ModelFault(kind="circuit_open") with the seconds until it may be tried again.
        """
        change = None
        with self._lock:
            circuit = self._circuits.setdefault(model, _Circuit())
            wait_s = self._wait_s(circuit)
            if wait_s > 0 or circuit.probing:
                raise self._refusal(model, circuit, wait_s)
            circuit.flying += 1
            if circuit.state != "closed":
                circuit.probing = True
                change = self._to(model, circuit, "half_open")
        self._tell(change)

    def succeeded(self, model: str) -> None:
        """An admitted attempt brought an answer; one from before the circuit opened is too late."""
        change = None
        with self._lock:
            circuit = self._ended(model)
            if circuit.state != "open":
                change = self._to(model, circuit, "closed")
                circuit.faults, circuit.last, circuit.probing = 0, None, False
        self._tell(change)

    def failed(self, fault: ModelFault) -> None:
        """An admitted attempt ended in a fault; only what may pass by itself counts."""
        if fault.kind in _NOT_ASKED:
            self.abandoned(fault.model)
            return
        if not fault.retryable and fault.kind != "quota_exhausted":
            self.succeeded(fault.model)
            return
        change = None
        with self._lock:
            circuit = self._ended(fault.model)
            if circuit.state != "open":
                circuit.faults += 1
                circuit.last = fault.kind
                at_once = circuit.state == "half_open" or fault.kind == "quota_exhausted"
                if at_once or circuit.faults >= self._faults:
                    change = self._open(fault.model, circuit)
        self._tell(change)

    def abandoned(self, model: str) -> None:
        """An admitted attempt was cancelled: it says nothing."""
        with self._lock:
            circuit = self._ended(model)
            # It may be one from before the circuit opened: then the probe is still on its way.
            if circuit.flying == 0:
                circuit.probing = False

    def is_open(self, model: str) -> bool:
        """Whether it would be refused now; nothing changes by asking."""
        with self._lock:
            circuit = self._circuits.get(model)
            return circuit is not None and (circuit.probing or self._wait_s(circuit) > 0)

    def states(self) -> tuple[Standing, ...]:
        """Of every model that was called, by name; open becomes half-open when its time is over."""
        with self._lock:
            return tuple(
                self._standing(model, circuit) for model, circuit in sorted(self._circuits.items())
            )

    def _standing(self, model: str, circuit: _Circuit) -> Standing:
        wait_s = self._wait_s(circuit)
        state = "half_open" if circuit.state == "open" and wait_s == 0 else circuit.state
        return Standing(model, state, circuit.faults, circuit.last, wait_s)

    def _wait_s(self, circuit: _Circuit) -> float:
        if circuit.state != "open":
            return 0.0
        return max(circuit.opened_at + self._open_s - self._clock(), 0.0)

    def _ended(self, model: str) -> _Circuit:
        circuit = self._circuits.setdefault(model, _Circuit())
        circuit.flying = max(circuit.flying - 1, 0)
        return circuit

    def _open(self, model: str, circuit: _Circuit) -> Change | None:
        circuit.opened_at = self._clock()
        circuit.probing = False
        return self._to(model, circuit, "open")

    @staticmethod
    def _to(model: str, circuit: _Circuit, state: State) -> Change | None:
        before, circuit.state = circuit.state, state
        return None if before == state else Change(model, before, state, circuit.last)

    def _refusal(self, model: str, circuit: _Circuit, wait_s: float) -> ModelFault:
        until = f"try again in {wait_s:.0f} s" if wait_s else "one call is trying it now"
        return ModelFault(
            model,
            "circuit_open",
            f"not asked, after {circuit.faults} faults in a row ({circuit.last}); {until}",
            retry_after_s=wait_s or None,
        )

    def _tell(self, change: Change | None) -> None:
        if change is not None and self._on_change is not None:
            self._on_change(change)


def describe(states: Iterable[Standing]) -> tuple[str, ...]:
    """One line for each circuit, for people; those that let no call through come first."""
    order: tuple[State, ...] = ("open", "half_open", "closed")
    return tuple(_line(s) for s in sorted(states, key=lambda s: (order.index(s.state), s.model)))


def _line(standing: Standing) -> str:
    faults = "fault" if standing.faults == 1 else "faults"
    why = f"{standing.faults} {faults} in a row, the last: {standing.last}"
    match standing.state:
        case "open":
            return f"{standing.model}: open for another {standing.wait_s:.0f} s ({why})"
        case "half_open":
            return f"{standing.model}: half-open, the next call decides ({why})"
        case "closed":
            return f"{standing.model}: closed" + (f" ({why})" if standing.faults else "")
