"""What a parcel is."""

from dataclasses import dataclass, field
from enum import Enum


class State(Enum):
    NEW = "new"
    SORTED = "sorted"
    MOVING = "moving"
    DELIVERED = "delivered"
    LOST = "lost"


NEXT = {
    State.NEW: {State.SORTED},
    State.SORTED: {State.MOVING, State.LOST},
    State.MOVING: {State.SORTED, State.DELIVERED, State.LOST},
    State.DELIVERED: set(),
    State.LOST: {State.SORTED},
}


@dataclass
class Parcel:
    code: str
    weight: int
    """Grams."""
    size: tuple
    """Three sides in centimetres."""
    zone: int = 1
    insured: int = 0
    state: State = State.NEW
    trail: list = field(default_factory=list)

    def girth(self):
        """The longest side and round the others."""
        longest, *others = sorted(self.size, reverse=True)
        return longest + 2 * sum(others)

    def go(self, state, where=""):
        if state not in NEXT[self.state]:
            raise ValueError(f"{self.code}: {self.state.value} to {state.value}")
        self.trail.append((self.state, where))
        self.state = state

    @property
    def volume_weight(self):
        a, b, c = self.size
        return a * b * c // 5
