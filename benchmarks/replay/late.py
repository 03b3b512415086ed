"""Verdicts that are heard of some tasks later."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Late(Generic[Item]):
    """Hands on what was said to it, once so many more tasks have come."""

    def __init__(self, hear: Callable[[Item], None], *, delay: int) -> None:
        self._hear = hear
        self._delay = delay
        self._waiting: deque[tuple[int, Item]] = deque()

    def say(self, place: int, item: Item) -> None:
        """Said while the task at this place was worked on."""
        self._waiting.append((place, item))

    def until(self, place: int) -> None:
        """The task at this place is about to begin: what is old enough is heard."""
        while self._waiting and self._waiting[0][0] + self._delay < place:
            self._hear(self._waiting.popleft()[1])
