"""How many at a time: the most, since any moment that is asked for."""

from bisect import bisect_left


class Peaks:
    """How many windows were open at a time, at most, since one of them was opened."""

    def __init__(self) -> None:
        self._opened = 0
        self._peaks: list[tuple[int, int]] = []
        """Openings that no later one has outdone: their numbers rise, how many were open falls."""

    def opened(self, together: int) -> int:
        """Another one; its number."""
        while self._peaks and self._peaks[-1][1] <= together:
            self._peaks.pop()
        self._opened += 1
        self._peaks.append((self._opened, together))
        return self._opened

    def since(self, number: int) -> int:
        """`number` was given by `opened`."""
        return self._peaks[bisect_left(self._peaks, (number, 0))][1]
