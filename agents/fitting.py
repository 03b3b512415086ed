"""What is said to a model, fitted to its window: pure planning over sections, in tokens.

Sections take their turns: what must be said first, then what the work is about, then the rest. A
section is said whole, or shortened, or left out, and what was left out is said. Planning goes by an
estimate; a tokenizer then counts the one text that was made, never the whole repository.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from agents.room import estimated

_NOTE = 150
"""Tokens kept for the words on what is not shown."""
_LEAST_PART = 150
"""Tokens: in fewer, a part of a file or of a diff says nothing."""
_NAMES = 4
"""Of what is not shown; the rest is counted."""
_TRIES = 8


class Turn(IntEnum):
    """Who is served first."""

    NEEDED = 0
    """Without it there is no use in asking."""
    WORK = 1
    """What the answer is about: the change under review, the files that are named."""
    MAP = 2
    REST = 3
    """Other files, in their order."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A piece of a prompt."""

    text: str
    turn: Turn
    name: str = ""
    """What it is called where it is not shown; whatever can be shortened or left out has one."""
    shorten: Callable[[int], str] | None = None
    """The same in at most so many characters, or "" where these are too few to say anything.

    What is needed is never "": it gives its shortest form, which may be longer."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """Sections as they are said, in the order in which they were given."""

    texts: tuple[str, ...]
    """Those that say something, and before the last one a word on what is not shown."""
    left_out: tuple[str, ...] = ()
    shortened: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything is said in full."""
        return not (self.left_out or self.shortened)

    @property
    def text(self) -> str:
        """One text, as it is counted."""
        return "\n\n".join(self.texts)


class TooLong(Exception):
    """What must be said does not fit."""

    def __init__(self, needed: int, room: int) -> None:
        self.needed = needed
        self.room = room
        super().__init__(f"at least {needed} tokens must be said, and there is room for {room}")


def least(sections: Sequence[Section]) -> int:
    """Tokens of the shortest that can be said of these, by estimate."""
    return sum(_least(section) for section in sections if section.text) + _NOTE


def fit(sections: Sequence[Section], *, room: int) -> Fitted:
    """As much of the sections as there is room for, by estimate.

    Raises: TooLong when what is needed does not fit in its shortest form.
    """
    if sum(map(_size, sections)) <= room:
        return Fitted(texts=tuple(section.text for section in sections if section.text))
    needed = least(sections)
    if needed > room:
        raise TooLong(needed, room)
    said: dict[int, str] = {}
    left = room - needed
    later = sum(_size(section) for section in sections)
    for turn in Turn:
        group = {n: s for n, s in enumerate(sections) if s.turn is turn and s.text}
        kept = sum(_least(section) for section in group.values())
        later -= sum(map(_size, group.values()))
        # Who comes first leaves a quarter to the others, or what they can use of it.
        share = max(left - later, left - left // 4)
        given = _allot(group, kept + share)
        said |= given
        left -= sum(_tokens(text) for text in given.values()) - kept
    return _fitted(sections, said)


async def fit_counted(
    sections: Sequence[Section], *, room: int, count: Callable[[str], Awaitable[int]]
) -> Fitted:
    """The same by a tokenizer's count, which has the last word.

    Raises: TooLong.
    """
    best: Fitted | None = None
    aim, at_least, made = room, least(sections), None
    for _ in range(_TRIES):
        made = await asyncio.to_thread(fit, sections, room=max(aim, at_least))
        counted = await count(made.text)
        if counted > room:
            if best is not None:
                return best
            if aim <= at_least:
                raise TooLong(counted, room)
            aim = min(aim - 1, int(aim * room / counted * 0.95))
            continue
        if best is not None or made.complete or counted > 0.85 * room:
            return made
        # The estimate was too careful: once more with what it left over.
        best = made
        aim += int((room - counted) * estimated(made.text) / max(1, counted) * 0.95)
    made = await asyncio.to_thread(fit, sections, room=at_least)
    counted = await count(made.text)
    if counted > room:
        raise TooLong(counted, room)
    return made


def _tokens(text: str) -> int:
    return estimated(text) + 1 if text else 0


def _size(section: Section) -> int:
    return _tokens(section.text)


def _least(section: Section) -> int:
    if section.turn is not Turn.NEEDED:
        return 0
    return _tokens(section.text if section.shorten is None else section.shorten(0))


def _allot(group: dict[int, Section], share: int) -> dict[int, str]:
    """What is said of the sections of one turn: those that can be shortened share alike."""
    said: dict[int, str] = {}
    for number, section in group.items():
        if section.shorten is None and _size(section) <= share:
            said[number] = section.text
            share -= _size(section)
    elastic = _served({n: s for n, s in group.items() if s.shorten is not None}, share)
    share -= sum(map(_least, elastic.values()))
    for taken, number in enumerate(sorted(elastic, key=lambda n: _size(elastic[n]))):
        shortest = _least(elastic[number])
        said[number] = _within(elastic[number], shortest + share // (len(elastic) - taken))
        share -= _tokens(said[number]) - shortest
    return said


def _served(elastic: dict[int, Section], share: int) -> dict[int, Section]:
    """The first ones, where there are too many for each to say something."""
    served: dict[int, Section] = {}
    for number, section in elastic.items():
        share -= min(_size(section), _LEAST_PART)
        if share >= 0 or section.turn is Turn.NEEDED:
            served[number] = section
    return served


def _within(section: Section, tokens: int) -> str:
    if section.shorten is None or _size(section) <= tokens:
        return section.text
    most = max(0, tokens - 1) * len(section.text) // _size(section)
    while most > 0:
        text = section.shorten(most)
        if _tokens(text) <= tokens:
            return text
        most //= 2  # this part of it is denser than the whole
    return section.shorten(0) if section.turn is Turn.NEEDED else ""


def _fitted(sections: Sequence[Section], said: dict[int, str]) -> Fitted:
    left_out: list[str] = []
    shortened: list[str] = []
    texts: list[str] = []
    for number, section in enumerate(sections):
        text = said.get(number, "")
        if text:
            texts.append(text)
        if section.name and text != section.text:
            (shortened if text else left_out).append(section.name)
    note = _note(left_out, shortened)
    if note:
        texts.insert(max(0, len(texts) - 1), note)
    return Fitted(texts=tuple(texts), left_out=tuple(left_out), shortened=tuple(shortened))


def _note(left_out: Sequence[str], shortened: Sequence[str]) -> str:
    lines = []
    if shortened:
        lines.append(f"Only in part: {_some(shortened)}.")
    if left_out:
        lines.append(f"Not at all: {_some(left_out)}.")
    return "\n".join(["# Not shown, for want of room", *lines]) if lines else ""


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(map(_brief, names[:_NAMES])) + more


def _brief(name: str) -> str:
    plain = name.encode("ascii", errors="backslashreplace").decode()
    return plain if len(plain) <= 40 else "..." + plain[-37:]
