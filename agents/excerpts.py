"""Parts of what is too long to be shown whole: of a file those around certain lines, of a diff
something of every file."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from itertools import accumulate

_DEFINED = re.compile(r"\s*(?:export |public |async )*(?:def|class|func|function|fn)\s+(\w+)")
_TICKS = re.compile(r"`{3,}")
_LEAST_RADIUS = 2
"""Lines on either side of what is looked for; it grows as far as there is room."""
_HEAD = 15
"""Lines of a file's beginning: what it imports says what it is about."""
_MOST_ANCHORS = 200
_MOST_LINE = 300
"""Characters; longer lines are no source that one reads."""
_FRAME = 30
"""Characters around the lines of a part."""
_LEAST = 300
"""Characters in which a part can say anything."""


class Excerpt:
    """A long text file, of which parts can be taken."""

    def __init__(
        self, text: str, *, lines: Collection[int] = (), names: Collection[str] = frozenset()
    ) -> None:
        """`lines` (1-based) come first; then where one of `names` is defined, in lower case."""
        self._text = text
        self._wanted = lines
        self._names = names

    @cached_property
    def _lines(self) -> list[str]:
        return self._text.splitlines()

    @cached_property
    def _ends(self) -> list[int]:
        """How many characters the lines before this one take."""
        lengths = (min(len(line), _MOST_LINE) + 1 for line in self._lines)
        return [0, *accumulate(lengths)]

    @cached_property
    def _anchors(self) -> list[int]:
        """0-based, the most important first; never empty."""
        count = len(self._lines)
        wanted = [min(max(line, 1), count) - 1 for line in sorted(self._wanted)]
        defined = [
            number
            for number, line in enumerate(self._lines)
            if (match := _DEFINED.match(line)) and match[1].lower() in self._names
        ]
        return list(dict.fromkeys([*wanted, *defined]))[:_MOST_ANCHORS] or [0]

    def parts(self, most: int) -> str:
        """Numbered parts between fences, in at most so many characters; "" if these are too few."""
        if most < _LEAST or not self._lines:
            return ""
        wide = _greatest(
            _LEAST_RADIUS,
            len(self._lines),
            lambda radius: self._length(self._around(self._anchors, radius)) <= most,
        )
        # Fences and titles come to the lines, and a fence may have to be long.
        for radius in (wide, wide * 2 // 3, wide // 2, wide // 4, _LEAST_RADIUS):
            said = self._said(self._around(self._anchors, max(_LEAST_RADIUS, radius)))
            if len(said) <= most:
                return said
        few = _greatest(0, len(self._anchors), lambda few: len(self._few(few)) <= most)
        return self._few(few)

    def _few(self, number: int) -> str:
        """As little as possible around the most important ones."""
        return self._said(self._around(self._anchors[:number], _LEAST_RADIUS)) if number else ""

    def _around(self, anchors: Iterable[int], radius: int) -> list[range]:
        last = len(self._lines)
        spans = sorted((max(0, a - radius), min(last, a + radius + 1)) for a in anchors)
        spans.insert(0, (0, min(_HEAD, radius, last)))
        merged: list[range] = []
        for start, stop in spans:
            if merged and start <= merged[-1].stop:
                merged[-1] = range(merged[-1].start, max(stop, merged[-1].stop))
            else:
                merged.append(range(start, stop))
        return merged

    def _length(self, ranges: Sequence[range]) -> int:
        frames = sum(_FRAME + 2 * len(str(span.stop)) for span in ranges)
        return frames + sum(self._ends[span.stop] - self._ends[span.start] for span in ranges)

    def _said(self, ranges: Sequence[range]) -> str:
        return "\n".join(
            f"Lines {span.start + 1}-{span.stop} of {len(self._lines)}:\n"
            + fenced("\n".join(_short(self._lines[n]) for n in span))
            for span in ranges
        )


def _greatest(low: int, high: int, fits: Callable[[int], bool]) -> int:
    """The greatest number up to `high` that fits, if greater ones fit less; at least `low`."""
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low


def diff_parts(diff: str, most: int) -> str:
    """The beginning of every file's diff, as many lines as each one's share lets in.

    Of a diff of too many files the first ones; the text is at most so many characters long.
    """
    if len(diff) <= most:
        return diff
    files = re.split(r"^(?=diff --git )", diff, flags=re.MULTILINE)
    files = [file for file in files if file]
    shown = files[: max(1, most // _LEAST)]
    left = most - 60
    said: dict[int, str] = {}
    for taken, number in enumerate(sorted(range(len(shown)), key=lambda n: len(shown[n]))):
        said[number] = _beginning(shown[number], left // (len(shown) - taken))
        left -= len(said[number])
    more = f"(and {len(files) - len(shown)} more files)\n" if len(files) > len(shown) else ""
    return "".join(said[number] for number in range(len(shown))) + more


def fenced(text: str, language: str = "") -> str:
    """The text between fences that it cannot end itself."""
    longest = max(map(len, _TICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


def _beginning(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    lines = text.splitlines(keepends=True)
    used = number = 0
    for number, line in enumerate(lines):  # noqa: B007 - counted
        if used + len(line) > most - 60:
            break
        used += len(line)
    return f"{text[:used]}(... {len(lines) - number} more lines of this file are not shown)\n"


def _short(line: str) -> str:
    return line if len(line) <= _MOST_LINE else f"{line[: _MOST_LINE - 20]} (cut off)"
