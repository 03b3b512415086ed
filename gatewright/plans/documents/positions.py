"""On which line of a JSON text something stands; asked only when something is wrong with it."""

import json
import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

Keys = tuple[str | int, ...]

_PART = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]|[^\s{}\[\],:"]++')


class Found(NamedTuple):
    """What a text's scan came to."""

    lines: Mapping[Keys, int]
    """1-based, of those paths that were asked for and exist: of the key, where there is one."""
    twice: tuple[Keys, ...]
    """Keys that stand in their object a second time, in the order of the text."""


def scan(text: str, wanted: Collection[Keys]) -> Found:
    """Look through a text that is JSON; no recursion, linear in the text."""
    scanner = _Scanner(wanted)
    last = 0
    for match in _PART.finditer(text):
        scanner.line += text.count("\n", last, match.start())
        last = match.start()
        scanner.take(match[0])
    return Found(scanner.lines, tuple(scanner.twice))


class _Open(NamedTuple):
    keys: Keys
    seen: set[str] | None
    """None: of an array."""


class _Scanner:
    def __init__(self, wanted: Collection[Keys]) -> None:
        self.line = 1
        self.lines: dict[Keys, int] = {}
        self.twice: list[Keys] = []
        self._wanted = set(wanted)
        self._opened: list[_Open] = []
        self._here: Keys = ()
        self._awaits_key = False

    def take(self, part: str) -> None:
        """The next part of the text."""
        top = self._opened[-1] if self._opened else None
        if part == ",":
            if top and top.seen is None:
                self._here = (*top.keys, int(self._here[-1]) + 1)
            self._awaits_key = top is not None and top.seen is not None
        elif part in {"}", "]"}:
            self._awaits_key = False
            self._here = self._opened.pop().keys if top else ()
        elif self._awaits_key and top and top.seen is not None:
            self._key(part, top.keys, top.seen)
        elif part != ":":
            self._note()
            self._begin(part)

    def _key(self, part: str, keys: Keys, seen: set[str]) -> None:
        key = json.loads(part, strict=False) if "\\" in part else part[1:-1]
        self._awaits_key = False
        self._here = (*keys, key)
        if key in seen:
            self.twice.append(self._here)
            self.lines[self._here] = self.line
        seen.add(key)
        self._note()

    def _begin(self, part: str) -> None:
        if part == "{":
            self._opened.append(_Open(self._here, set()))
            self._awaits_key = True
        elif part == "[":
            self._opened.append(_Open(self._here, None))
            self._here = (*self._here, 0)

    def _note(self) -> None:
        if self._here in self._wanted:
            self.lines.setdefault(self._here, self.line)
