"""Where quoted lines stand in a file: exactly, or nearly so and in one place only."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from gatewright.domain.errors import EditMismatch
from gatewright.workspace.edits.elision import left_out
from gatewright.workspace.edits.similar import nearest, similar

How = Literal["exact", "trailing_space", "indentation", "similar", "in_place"]

_MOST_PLACES = 1000
"""Looked at; text that stands in more places is not worth telling apart."""


class Place(NamedTuple):
    """Where a block applies."""

    start: int
    """Index of the first line."""
    how: How
    shown: Sequence[str]
    """The new lines as they are to be written there."""


def find(path: str, lines: Sequence[str], search: Sequence[str], replace: Sequence[str]) -> Place:
    """The one place of `search`, by the first layer that knows any.

    When `search` is not there but `replace` stands exactly once, the edit is in place already.
    Raises: EditMismatch when there is no place, or more than one.
    """
    if not any(line.strip() for line in search):
        raise EditMismatch(path, "the quoted lines are blank; quote lines with text around them")
    exact = occurrences(lines, search)
    if exact:
        return _only(path, lines, search, [Place(start, "exact", replace) for start in exact])
    places = _loose(lines, search, replace)
    applied = occurrences(lines, replace) if _says_something(replace) else []
    if len(applied) == 1:
        done = Place(applied[0], "in_place", replace)
        return _unless_applied(path, lines, search, places, done=done)
    return _only(path, lines, search, places)


def occurrences(lines: Sequence[str], search: Sequence[str]) -> list[int]:
    """Indices at which these lines stand, in order; the first thousand."""
    # One string search is linear; comparing windows is not, when lines repeat.
    text = "\n" + "".join(line + "\n" for line in lines)
    wanted = "\n" + "".join(line + "\n" for line in search)
    found: list[int] = []
    position, line, counted = text.find(wanted), 0, 0
    while position >= 0 and len(found) < _MOST_PLACES:
        line += text.count("\n", counted, position)
        counted = position
        found.append(line)
        position = text.find(wanted, position + 1)
    return found


def _loose(lines: Sequence[str], search: Sequence[str], replace: Sequence[str]) -> list[Place]:
    bare, wanted = [line.rstrip() for line in lines], [line.rstrip() for line in search]
    places = [Place(start, "trailing_space", replace) for start in occurrences(bare, wanted)]
    if places:
        return places
    stripped = [line.strip() for line in lines]
    for start in occurrences(stripped, [line.strip() for line in search]):
        shown = _shifted(bare[start : start + len(search)], wanted, replace)
        if shown is not None:
            places.append(Place(start, "indentation", shown))
    return places or [Place(start, "similar", replace) for start in similar(lines, search)]


def _shifted(
    window: Sequence[str], wanted: Sequence[str], replace: Sequence[str]
) -> list[str] | None:
    """The new lines with the indentation by which all lines of the window differ."""
    pairs = [(there, quoted) for there, quoted in zip(window, wanted, strict=True) if there]
    there, quoted = pairs[0]
    more = len(there) - len(quoted)
    if more > 0 and all(there == pairs[0][0][:more] + quoted for there, quoted in pairs):
        return [there[:more] + line if line.strip() else line for line in replace]
    less = quoted[: max(-more, 0)]
    if not less or any(less + there != quoted for there, quoted in pairs):
        return None
    if any(line.strip() and not line.startswith(less) for line in replace):
        return None
    return [line[len(less) :] if line.strip() else line for line in replace]


def _says_something(replace: Sequence[str]) -> bool:
    """Whether finding these lines is evidence; one word, such as `pass` or `)`, is not."""
    return len(re.findall(r"\w+", " ".join(replace))) > 1


def _unless_applied(
    path: str,
    lines: Sequence[str],
    search: Sequence[str],
    places: Sequence[Place],
    *,
    done: Place,
) -> Place:
    """The new lines stand at `done`; lines nearly as quoted may stand elsewhere none the less."""
    end = done.start + len(done.shown)
    apart = [p for p in places if p.start + len(search) <= done.start or p.start >= end]
    if len(apart) < len(places) or not places:
        return done
    if apart[0].how == "trailing_space":
        return _only(path, lines, search, apart)
    raise EditMismatch(
        path,
        f"the new lines stand at line {done.start + 1} already, and lines like the quoted ones at "
        f"line {apart[0].start + 1}; quote exactly what is to be replaced",
        _around(lines, apart[0].start, len(search)),
    )


def _only(path: str, lines: Sequence[str], search: Sequence[str], places: Sequence[Place]) -> Place:
    if len(places) == 1:
        return places[0]
    if places:
        where = ", ".join(str(place.start + 1) for place in places[:10])
        what = "lines like the quoted ones" if places[0].how == "similar" else "the quoted lines"
        more = " and more" if len(places) > 10 else ""
        raise EditMismatch(
            path,
            f"{what} stand {len(places)} times, at lines {where}{more}; quote more "
            "lines around them, so that they stand once",
            "\n\n".join(_around(lines, place.start, len(search)) for place in places[:2]),
        )
    dots = left_out(search)
    if dots is not None:
        raise EditMismatch(
            path,
            f"the line {dots.strip()!r} stands for lines that were left out; quote every line, "
            "or use several smaller blocks",
            nearest(lines, search),
        )
    raise EditMismatch(
        path,
        "the quoted lines are not in the file; quote them exactly as they are there",
        nearest(lines, search),
    )


def _around(lines: Sequence[str], start: int, length: int) -> str:
    return "\n".join(lines[max(start - 3, 0) : start + min(length, 6) + 3])
