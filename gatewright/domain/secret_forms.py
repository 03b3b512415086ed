"""Takes secrets out of text that is kept: tables, logs, checkpoints.

Told by their form (`secret_patterns`), by what stands before them (a URL's user, a header, a name
such as `api_key`), or by their value where it is known. Rather too much is taken than too little;
the time is linear in the text.
"""

import base64
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus
from uuid import UUID

from gatewright.domain.secret_patterns import (
    BEGIN_KEY,
    END_KEY,
    FORMS,
    HOLDERS,
    NOT_A_VALUE,
    is_random,
)

REDACTED = "[redacted]"
"""What stands in a secret's place."""

LEAST_KNOWN = 8
"""Characters; a shorter value of a key's variable (`none`, `EMPTY`) stands everywhere."""

_SHORT = 200
_LOOKED_AT = 200
"""Characters of a value that tell whether it is random."""

_LEAST_BY_CHANCE = 20
"""Characters of what is given to a secret's name in text that work is done by."""

_GAP = r"[\s>|'\",\\]{0,12}+(?:E[ \t]{1,8}+)?"
"""Between two lines of a key, as programs quote them."""
_WHOLE_KEY = re.compile(
    # No five dashes inside: so that two openings without an end do not both read on and on.
    rf"{BEGIN_KEY}(?:[^-]*+(?:-(?!----)[^-]*+)*{END_KEY}|(?:{_GAP}[A-Za-z0-9+/=]{{16,}}+)*)"
)
_END = re.compile(END_KEY)
_KEY_BACKWARDS = re.compile(r"(?:[\s>|'\",\\nE]{0,12}+[A-Za-z0-9+/=]{4,}+)*")
_URL = re.compile(
    r"(://[^\s/:@\"'<>]{0,128}+:)(?!\[redacted)"
    r"(?:[^\s/\"'<>?#]{1,256}|(?!\d{1,5}[/?#])[^\s\"'<>]{1,64}?)(?=@)"
)
_URL_TOKEN = re.compile(r"(://)(?!\[redacted)[^\s/:@\"'<>]{20,256}+(?=@)")
_Q = r"(?:\\{0,3}[\"'`])?"
_NAME = (
    r"(?:\bproxy-)?\b(?:authorization|x-api-key|x-auth-token|private-token|x-goog-api-key)"
    rf"{_Q}\s{{0,4}}[:=,]\s{{0,4}}b?{_Q}"
)
_HEADER = re.compile(
    rf"({_NAME}(?:basic|bearer|token|apikey|negotiate)\s{{1,4}})(?!\[redacted)[^\s\"'`,;\\]{{4,}}+"
    rf"|({_NAME})(?!basic|bearer)(?=[^\s\d]{{0,99}}\d)[^\s\"'`,;\\]{{6,}}+",
    re.IGNORECASE,
)
_HEADER_LINE = re.compile(
    rf"({_NAME}(?:digest|aws4-[\w-]{{1,20}})\s)(?!\[redacted)[^\r\n]{{1,2000}}", re.IGNORECASE
)
_COOKIE = re.compile(
    rf"(\b(?:set-)?cookie{_Q}\s{{0,4}}[:,]\s{{0,4}}b?{_Q})(?!\[redacted)[\w.-]{{1,80}}=[^\r\n\"'`\\]*+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(\bbearer\s{1,4})[\w.~+/=-]{16,}+", re.IGNORECASE)
_ASSIGNED = re.compile(
    rf"((?P<name>{HOLDERS}|pwd)s?[\w-]{{0,40}}+{_Q}\s{{0,8}}(?::\s{{0,4}}\w{{1,40}}\s{{0,4}})?"
    rf"(?:=>|:=|=|:)\s{{0,8}}b?{_Q})(?!\[redacted)(?P<value>[^\s\"'`,;&<>(){{}}\[\]$\\=][^\s\"'`,;&<>(){{}}\[\]\\]{{5,}}+)(?![(\[])",
    re.IGNORECASE,
)
_OPTION = re.compile(rf"(--(?:{HOLDERS})[ =])(?!\[redacted)[^\s\"'`]{{6,}}+", re.IGNORECASE)
_NAMED = re.compile(rf"(?:{HOLDERS}|authorization|cookie|pwd)s?$", re.IGNORECASE)

_PLAIN = (bool, int, float, Decimal, date, UUID)
_KNOWN: set[str] = set()


class Cleaned(NamedTuple):
    """A text without its secrets."""

    text: str
    places: int
    """How many were taken out."""


class CleanedValue(NamedTuple):
    """A JSON value without its secrets."""

    value: Any
    places: int


def keep_out(values: Iterable[str]) -> None:
    """From now on, in this process, these values are taken out of every text, whoever asks."""
    _KNOWN.update(value for value in values if len(value) >= LEAST_KNOWN)


def redact(text: str, known: Collection[str] = ()) -> Cleaned:
    """Everything that looks like a secret or is known to be one is taken out.

    `known` are further values, besides those of `keep_out`.
    """
    text, count = redact_known(text, known)
    text, found = (_looks_short if len(text) <= _SHORT else _looks)(text)
    return Cleaned(text, count + found)


def redact_forms(text: str) -> Cleaned:
    """Only what can hardly be anything else: tokens, private keys, passwords in URLs, headers,
    and what a secret's name is given that no person made up.

    For text that work is done by, such as a task's goal.
    """
    count = 0
    if "PRIVATE KEY" in text:
        text, count = _redact_private_keys(text)
    if "://" in text:
        for pattern in (_URL, _URL_TOKEN):
            text, found = pattern.subn(rf"\1{REDACTED}", text)
            count += found
    for form in FORMS:
        for hint in form.hints:
            if hint in text:
                text, found = form.pattern.subn(REDACTED, text)
                count += found
                break
    lower = text.lower()
    if "bearer" in lower:
        text, found = _BEARER.subn(rf"\1{REDACTED}", text)
        count += found
    if "authorization" in lower or "-key" in lower or "-token" in lower:
        for pattern in (_HEADER, _HEADER_LINE):
            text, found = pattern.subn(_after_name, text)
            count += found
    text, found = _redact_assigned(text, _is_made_by_chance)
    return Cleaned(text, count + found)


def _looks(text: str) -> Cleaned:
    """Without what looks like a secret, be it known or not."""
    text, count = redact_forms(text)
    lower = text.lower()
    for hint, pattern in (("cookie", _COOKIE), ("--", _OPTION)):
        if hint in lower:
            text, found = pattern.subn(_after_name, text)
            count += found
    text, found = _redact_assigned(text, _is_secret)
    return Cleaned(text, count + found)


_looks_short = lru_cache(maxsize=4096)(_looks)
"""Names of nodes, models and columns come again and again."""


def redact_known(text: str, known: Collection[str] = ()) -> Cleaned:
    """Only known values, also as they stand in a URL, in JSON or in base64, or cut off at an end.

    For text that must not lose anything else, such as a model's answer.
    """
    if not _KNOWN and not known:
        return Cleaned(text, 0)
    every = frozenset(_KNOWN).union(value for value in known if len(value) >= LEAST_KNOWN)
    pattern = _pattern_of(every)
    if pattern is None:
        return Cleaned(text, 0)
    text, count = pattern.subn(REDACTED, text)
    for value in every:
        text, found = _without_cut(text, value)
        count += found
    return Cleaned(text, count)


def redact_value(value: Any, known: Collection[str] = (), *, name: str = "") -> CleanedValue:
    """The same for everything in a JSON value; what a secret's `name` holds counts as one.

    What is no JSON is judged by the words that it would be written as, and then is these words.
    """
    if value is None or isinstance(value, _PLAIN):
        return CleanedValue(value, 0)
    if isinstance(value, str):
        if name and _NAMED.search(name) and value != REDACTED and _is_secret(name, value):
            return CleanedValue(REDACTED, 1)
        return CleanedValue(*redact(value, known))
    if isinstance(value, Mapping):
        pairs = [
            (redact(str(key), known), redact_value(item, known, name=str(key)))
            for key, item in value.items()
        ]
        places = sum(key.places + item.places for key, item in pairs)
        return CleanedValue({key.text: item.value for key, item in pairs}, places)
    if isinstance(value, list | tuple):
        items = [redact_value(item, known, name=name) for item in value]
        kept = [item.value for item in items]
        places = sum(item.places for item in items)
        return CleanedValue(kept if isinstance(value, list) else tuple(kept), places)
    written = redact(str(value), known)
    return CleanedValue(written.text if written.places else value, written.places)


def _after_name(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None) + REDACTED


def _redact_private_keys(text: str) -> Cleaned:
    text, count = _WHOLE_KEY.subn(REDACTED, text)
    parts: list[str] = []
    at = 0
    for end in _END.finditer(text):
        # Its beginning was cut off: what stands before it is read backwards.
        before = text[at : end.start()]
        backwards = _KEY_BACKWARDS.match(before[::-1])
        taken = backwards.end() if backwards else 0
        parts += [before[: len(before) - taken], REDACTED]
        at = end.end()
        count += 1
    return Cleaned("".join([*parts, text[at:]]), count)


def _redact_assigned(text: str, is_secret: Callable[[str, str], bool]) -> Cleaned:
    if ":" not in text and "=" not in text:
        return Cleaned(text, 0)
    count = 0

    def taken(match: re.Match[str]) -> str:
        nonlocal count
        if not is_secret(match["name"], match["value"]):
            return match[0]
        count += 1
        return match[1] + REDACTED

    return Cleaned(_ASSIGNED.sub(taken, text), count)


def _is_secret(name: str, value: str) -> bool:
    """A password may be short and no chance's work; a token is neither."""
    looked_at = value[:_LOOKED_AT]
    if "://" in looked_at or len(value) < 6:
        return False
    if name.lower().startswith(("pass", "pwd")) and not NOT_A_VALUE.fullmatch(looked_at):
        return True
    return len(value) >= LEAST_KNOWN and is_random(looked_at)


def _is_made_by_chance(name: str, value: str) -> bool:
    looked_at = value[:_LOOKED_AT]
    return len(value) >= _LEAST_BY_CHANCE and "://" not in looked_at and is_random(looked_at)


@lru_cache(maxsize=64)
def _pattern_of(known: frozenset[str]) -> re.Pattern[str] | None:
    forms = {form for value in known for form in _spellings(value)}
    if not forms:
        return None
    return re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))


def _spellings(value: str) -> set[str]:
    data = value.encode("utf-8", "surrogatepass")
    encoded = {base64.b64encode(data), base64.urlsafe_b64encode(data)}
    return {
        value,
        quote(data, safe=""),
        quote_plus(data),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        *(text.decode().rstrip("=") for text in encoded),
    }


def _without_cut(text: str, value: str) -> Cleaned:
    """Without the first half of a value at the text's end, or the second at its beginning."""
    places = 0
    longest = min(len(value) - 1, len(text))
    lengths = range(longest, LEAST_KNOWN - 1, -1)
    if value[:LEAST_KNOWN] in text:
        at_end = next((n for n in lengths if text.endswith(value[:n])), 0)
        if at_end:
            text, places = text[:-at_end] + REDACTED, 1
    if value[-LEAST_KNOWN:] in text:
        at_start = next((n for n in lengths if text.startswith(value[-n:])), 0)
        if at_start:
            text, places = REDACTED + text[at_start:], places + 1
    return Cleaned(text, places)
