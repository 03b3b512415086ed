"""Which words of a command are code of some interpreter, read from the command alone.

Rather too much is taken for code than too little: a value that is not put into a text by mistake
is an error that a person sees, one that is run by mistake is not seen.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from gatewright.plans.variables.programs import (
    INTERPRETERS,
    SHELLS,
    WRAPPERS,
    Takes,
    Wrapper,
)

Kind = Literal["program", "shell", "code", "option", "text"]
"""`program`: decides what is run. `shell`: code that reads values from its environment. `code`:
other code, which a value must not get into. `option`: a value at its beginning could be read as an
option. `text`: anything else."""

_VERSION = re.compile(r"[-.\d]*(?:\.exe)?$", re.IGNORECASE)
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=", re.ASCII)
_SOME_CODE = re.compile(r"-\w*[ceESr]")
_MARK = "\x00"
"""Stands for a value: words of commands hold no NUL."""


def kinds_of(words: Sequence[str]) -> list[Kind]:
    """What each word of a command is; a value's place in a word is a NUL."""
    kinds: list[Kind] = ["text"] * len(words)
    kinds[0] = "program"
    at = 0
    while at < len(words):
        if at:
            kinds[at] = "program"
        name = _program(words[at])
        wrapper = WRAPPERS.get(name)
        if wrapper is None:
            _mark(words, at, name, kinds)
            break
        at = _wrapped(words, at + 1, wrapper, kinds)
    _mark_hidden(words, at + 1, kinds)
    return kinds


def _program(word: str) -> str:
    name = word.replace("\\", "/").rsplit("/", 1)[-1].lower()
    return _VERSION.sub("", name) or name


def _mark(words: Sequence[str], at: int, name: str, kinds: list[Kind]) -> None:
    if name in SHELLS:
        _mark_shell(words, at + 1, kinds)
    elif name in INTERPRETERS:
        _mark_interpreter(words, at + 1, INTERPRETERS[name], kinds)
    elif _MARK in words[at]:
        _mark_unknown(words, at + 1, kinds)


def _mark_unknown(words: Sequence[str], at: int, kinds: list[Kind]) -> None:
    """The program is not known before the run: what could be code is."""
    for number in range(at, len(words)):
        if _SOME_CODE.match(words[number - 1]) and number > at:
            kinds[number] = "code"


def _mark_hidden(words: Sequence[str], at: int, kinds: list[Kind]) -> None:
    """Interpreters that a program of ours knows nothing of starts: `find -exec sh -c CODE`."""
    for number in range(at, len(words) - 1):
        if kinds[number] == "text" and words[number + 1].startswith(("-", "+")):
            name = _program(words[number])
            if name in SHELLS or name in INTERPRETERS:
                _mark(words, number, name, kinds)


def _wrapped(words: Sequence[str], at: int, wrapper: Wrapper, kinds: list[Kind]) -> int:
    """Where the command begins that a wrapper starts."""
    operands = wrapper.operands
    while at < len(words):
        word = words[at]
        if word.startswith(_MARK):
            kinds[at] = "option"
        if word == "--":
            at += 1
        elif word.startswith("--"):
            if word in wrapper.long_value:
                at += 1
            if wrapper.code and word.startswith(("--split-string", "--command")):
                kinds[at] = "code"
                if "=" not in word and at + 1 < len(words):
                    kinds[at + 1] = "code"
            at += 1
        elif word.startswith("-") and word != "-":
            at = _letters(words, at, wrapper, kinds)
        elif word == "-" or _ASSIGNED.match(word):
            at += 1
        elif operands:
            operands -= 1
            at += 1
        else:
            return at
    return at


def _letters(words: Sequence[str], at: int, wrapper: Wrapper, kinds: list[Kind]) -> int:
    for place, letter in enumerate(words[at][1:], start=2):
        last = place == len(words[at])
        if letter in wrapper.code:
            kinds[at] = "code"
            if last and at + 1 < len(words):
                kinds[at + 1] = "code"
            return at + 1 + last
        if letter in wrapper.value:
            return at + 1 + last
    return at + 1


def _mark_shell(words: Sequence[str], at: int, kinds: list[Kind]) -> None:
    is_code = False
    while at < len(words):
        word = words[at]
        if word.startswith(_MARK) and not is_code:
            kinds[at] = "option"
            return
        if word in {"--", "-"}:
            at += 1
            break
        if word.startswith("--"):
            if word == "--command":
                is_code = True
            at += 1 + (word in {"--rcfile", "--init-file"})
            continue
        if not word.startswith(("-", "+")):
            break
        is_code = is_code or (word[0] == "-" and "c" in word)
        at += 1 + sum(letter in "oO" for letter in word[1:])
    if is_code and at < len(words):
        kinds[at] = "shell"


def _mark_interpreter(words: Sequence[str], at: int, takes: Takes, kinds: list[Kind]) -> None:
    given = False
    while at < len(words):
        word = words[at]
        if word.startswith(_MARK):
            kinds[at] = "option"
            if not takes.operand:
                at += 1
                break
        if word == "--" or not word.startswith("-") or word == "-":
            at += word == "--"
            break
        if word.startswith(takes.long) and takes.long:
            given = True
            kinds[at] = "code"
            at += 1
            if "=" not in word and at < len(words):
                kinds[at] = "code"
                at += 1
            continue
        if word.startswith("--"):
            at += 1
            continue
        at, gives, stop = _cluster(words, at, takes, kinds)
        given = given or gives
        if stop:
            return
    if takes.operand and not given and at < len(words):
        kinds[at] = "code"
    if takes.rest:
        for number in range(at + 1, len(words)):
            kinds[number] = "code"
    if takes.permutes and words[at - 1] != "--":
        _mark_options(words, at, kinds)


def _mark_options(words: Sequence[str], at: int, kinds: list[Kind]) -> None:
    for number in range(at, len(words)):
        if words[number] == "--":
            return
        if words[number].startswith(_MARK) and kinds[number] == "text":
            kinds[number] = "option"


class _Cluster(NamedTuple):
    at: int
    given: bool
    stop: bool


def _cluster(words: Sequence[str], at: int, takes: Takes, kinds: list[Kind]) -> _Cluster:
    """`-ne CODE`, `-eCODE`, `-W ignore`, `-m module ...`."""
    word = words[at]
    for place, letter in enumerate(word[1:], start=2):
        last = place == len(word)
        if letter in takes.code:
            kinds[at] = "code"
            if at + 1 < len(words):
                kinds[at + 1] = "code"
            return _Cluster(at + 2, True, False)
        if letter in takes.stop:
            return _Cluster(at, False, True)
        if letter in takes.value:
            return _Cluster(at + 1 + last, letter in takes.file, False)
    return _Cluster(at + 1, False, False)
