"""What a child says of how far it is, in memory that it shares with its parent.

It says more than an exit status: which test was on its way when the child ended, and that it
came to its proper end, which `os._exit(0)` in the code under test does not say.
"""

import mmap
import struct

MOST_TESTS = 1000
"""Of one child, that are told apart."""
DONE = 0x600DF00D
_HEAD = struct.Struct("=Iii")
_SIZE = _HEAD.size + MOST_TESTS


class Board:
    """So many slots, one for each child at a time."""

    def __init__(self, slots: int) -> None:
        self._memory = mmap.mmap(-1, _SIZE * slots)

    def clear(self, slot: int) -> None:
        """Before a child begins."""
        start = slot * _SIZE
        self._memory[start : start + _SIZE] = bytes(_SIZE)
        _HEAD.pack_into(self._memory, start, 0, -1, 0)

    def begin(self, slot: int, test: int) -> None:
        """A test begins; they are counted from 0."""
        mark, _, begun = _HEAD.unpack_from(self._memory, slot * _SIZE)
        _HEAD.pack_into(self._memory, slot * _SIZE, mark, test, begun + 1)

    def passed(self, slot: int, test: int) -> None:
        """A test has passed."""
        if test < MOST_TESTS:
            self._memory[slot * _SIZE + _HEAD.size + test] = 1

    def done(self, slot: int) -> None:
        """All that was to be done is done."""
        _, test, begun = _HEAD.unpack_from(self._memory, slot * _SIZE)
        _HEAD.pack_into(self._memory, slot * _SIZE, DONE, test, begun)

    def is_done(self, slot: int) -> bool:
        """Whether the child came to its proper end."""
        return bool(_HEAD.unpack_from(self._memory, slot * _SIZE)[0] == DONE)

    def test(self, slot: int) -> int:
        """The test that began last; -1 before the first."""
        return int(_HEAD.unpack_from(self._memory, slot * _SIZE)[1])

    def have_passed(self, slot: int, count: int) -> list[bool]:
        """Of so many tests."""
        start = slot * _SIZE + _HEAD.size
        marks = self._memory[start : start + min(count, MOST_TESTS)]
        return [mark == 1 for mark in marks] + [False] * (count - len(marks))
