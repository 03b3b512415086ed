"""YAML text to plain values: from the parser's events, without recursion, and never more than is
written: what aliases stand for is counted.

Plain words are read as YAML 1.2 reads them: `no`, `on` and `2026-01-02` are texts.
"""

import re
from collections.abc import Collection, Iterator
from math import isinf
from typing import Any, NamedTuple, NoReturn

import yaml

from gatewright.plans.documents.json_form import Unreadable
from gatewright.plans.documents.positions import Found, Keys

MOST_VALUES = 1_000_000
"""In one file, aliases counted as what they stand for."""
MOST_NESTED = 60

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C is ten times as fast, and not everywhere."""
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,299})", re.ASCII)
_FLOAT = re.compile(
    r"(?:[-+]?[0-9]{1,300}\.[0-9]{0,300}|\.[0-9]{1,300})(?:[eE][-+][0-9]{1,3})?", re.ASCII
)
"""With a point and a sign, as YAML 1.1 has it: `12e567` may be a commit."""
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NO_KEY = object()


class ReadYaml(NamedTuple):
    """What a text holds."""

    value: Any
    found: Found


class _Open:
    """A mapping or a list whose end has not come."""

    __slots__ = ("anchor", "key", "keys", "made", "size")

    def __init__(self, made: Any, keys: Keys, anchor: str | None) -> None:
        self.made = made
        self.keys = keys
        self.anchor = anchor
        self.key: Any = _NO_KEY
        self.size = 1


def read_yaml(text: str, wanted: Collection[Keys] = ()) -> ReadYaml:
    """The one document of a text, and on which lines the wanted paths stand.

    Raises: Unreadable.
    """
    builder = _Builder(wanted)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        message = f"is no YAML: {error.problem or error.context}"
        raise Unreadable(message, line=line, fix="Mend it there.") from None
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise Unreadable(f"is no YAML: {problem}", line=None, fix="Mend it.") from None
    if builder.documents != 1:
        number = "no" if not builder.documents else "more than one"
        raise Unreadable(f"holds {number} document", line=None, fix="Write one plan a file.")
    return ReadYaml(builder.value, Found(builder.lines, tuple(builder.twice)))


def _events(text: str) -> Iterator[yaml.Event]:
    yield from yaml.parse(text, Loader=_LOADER)


class _Builder:
    def __init__(self, wanted: Collection[Keys]) -> None:
        self.value: Any = None
        self.documents = 0
        self.lines: dict[Keys, int] = {}
        self.twice: list[Keys] = []
        self._wanted = set(wanted)
        self._opened: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._size = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._close(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if self._awaits_key():
            self._note_key(event.value, event)
            return
        if event.tag not in {None, "!", "tag:yaml.org,2002:str"}:
            self._refuse(event, f"tag {event.tag!r} is not understood", "Leave it out.")
        value = _plain(event.value) if event.implicit[0] and event.tag is None else event.value
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._add(value, 1, event)

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        if self._awaits_key():
            self._refuse(event, "a key is no text", "Write a name.")
        if event.tag not in {None, "!"}:
            self._refuse(event, f"tag {event.tag!r} is not understood", "Leave it out.")
        if len(self._opened) >= MOST_NESTED:
            self._refuse(event, "is nested too deep", "Write it flatter.")
        self._grow(1, event)
        made: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        keys = self._here()
        self._note(keys, event)
        self._opened.append(_Open(made, keys, event.anchor))

    def _close(self, event: yaml.Event) -> None:
        closed = self._opened.pop()
        if closed.anchor:
            self._anchors[closed.anchor] = (closed.made, closed.size)
        self._add(closed.made, closed.size, event)

    def _alias(self, event: yaml.AliasEvent) -> None:
        if self._awaits_key():
            self._refuse(event, "a key is no text", "Write a name.")
        name = event.anchor or ""
        if name not in self._anchors:
            self._refuse(event, f"there is no anchor {name!r} before", "Write it out.")
        value, size = self._anchors[name]
        self._add(value, size, event)

    def _add(self, value: Any, size: int, event: yaml.Event) -> None:
        if not self._opened:
            self._grow(size, event)
            self.value = value
            return
        parent = self._opened[-1]
        if not isinstance(event, yaml.CollectionEndEvent):
            self._grow(size, event)
            self._note(self._here(), event)
        parent.size += size
        if isinstance(parent.made, list):
            parent.made.append(value)
            return
        parent.made[parent.key] = value
        parent.key = _NO_KEY

    def _grow(self, size: int, event: yaml.Event) -> None:
        self._size += size
        if self._size > MOST_VALUES:
            self._refuse(event, f"holds more than {MOST_VALUES} values", "Use fewer aliases.")

    def _awaits_key(self) -> bool:
        if not self._opened:
            return False
        top = self._opened[-1]
        return isinstance(top.made, dict) and top.key is _NO_KEY

    def _note_key(self, key: str, event: yaml.Event) -> None:
        top = self._opened[-1]
        top.key = key
        keys = (*top.keys, key)
        if key in top.made:
            self.twice.append(keys)
            self.lines[keys] = _line_of(event)
        self._note(keys, event)

    def _here(self) -> Keys:
        if not self._opened:
            return ()
        top = self._opened[-1]
        return (*top.keys, len(top.made) if isinstance(top.made, list) else top.key)

    def _note(self, keys: Keys, event: yaml.Event) -> None:
        if keys in self._wanted:
            self.lines.setdefault(keys, _line_of(event))

    def _refuse(self, event: yaml.Event, message: str, fix: str) -> NoReturn:
        raise Unreadable(message, line=_line_of(event), fix=fix)


def _line_of(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _plain(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and not isinf(float(text)):
        return float(text)
    return text
