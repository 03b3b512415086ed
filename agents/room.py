"""How much a model takes in and gives out, in tokens."""

from typing import NamedTuple

MOST_INPUT = 64_000
"""Tokens that are said at once, however large a window is: every call pays for them."""
_MOST_OUTPUT = 16_384
_MESSAGES = 32
"""Tokens that the frames of a conversation's messages take."""


class Room(NamedTuple):
    """What a model takes in and gives out, in tokens."""

    window: int | None = None
    """Both together; None: not known, taken as enough."""
    most_output: int = _MOST_OUTPUT

    @property
    def output(self) -> int:
        """What an answer is to be limited to: a small window is not given away to it."""
        if self.window is None:
            return self.most_output
        return max(1, min(self.most_output, self.window // 4))

    @property
    def limit(self) -> int | None:
        """What can be said, a little less than fits: tokenizers differ. None: not known."""
        if self.window is None:
            return None
        return max(0, self.window - self.output - self.window // 50 - _MESSAGES)

    @property
    def input(self) -> int:
        """What is said, if no more is needed."""
        return MOST_INPUT if self.limit is None else min(MOST_INPUT, self.limit)


def estimated(text: str) -> int:
    """Tokens by the length alone: three characters each, and more for those beyond ASCII."""
    size = len(text.encode(errors="surrogatepass"))
    return (2 * size - len(text) + 2) // 3
