"""Putting a changed function into modules that are imported already.

Where only the insides of functions change that have not run yet, giving the live function
objects their new code is the same as importing the changed file. In all other cases `Swap`
says so, and the file is to be imported anew.
"""

import gc
import os
from collections.abc import Iterable, Iterator
from types import AsyncGeneratorType, CodeType, CoroutineType, FunctionType, GeneratorType
from typing import Any, NamedTuple

KINDS = 0x04 | 0x08 | 0x20 | 0x80 | 0x100 | 0x200
"""Flags that say how a function is called and what it gives: *args, **kwargs, generators."""

Shape = tuple[Any, ...]
"""All of a code object but its line numbers, and of its nested code only the names."""
Key = tuple[Any, ...]
"""All of a code object and of those within, with the first line; equal for equal places."""

Place = tuple[str, int]
"""The name and the first line of code."""


class Doubtful(Exception):
    """The change may reach further than the functions' insides."""


class Live(NamedTuple):
    """Functions of one file, by what their code is."""

    functions: dict[Key, list[FunctionType]]
    places: set[Place]
    running: set[Place]
    """Of generators and coroutines that are under way."""
    ran: set[Place]
    """Of code that ran while the file was imported: what it came to may be built in."""
    filename: str
    """As in the code objects; empty when there are none."""


def live_functions(paths: Iterable[str], ran: Iterable[CodeType]) -> dict[str, Live]:
    """What lives of some files, by their real paths.

    Objects that `gc.freeze` has hidden are not seen.
    """
    found = {path: Live({}, set(), set(), set(), "") for path in paths}
    names: dict[str, str] = {}

    def of(code: CodeType) -> str:
        name = code.co_filename
        if name not in names:
            real = os.path.realpath(name)
            names[name] = real if real in found else ""
        return names[name]

    for thing in gc.get_objects():
        kind = type(thing)
        if kind is FunctionType and of(thing.__code__):
            path = of(thing.__code__)
            live = found[path]
            live.functions.setdefault(key_of(thing.__code__), []).append(thing)
            live.places.add(place_of(thing.__code__))
            found[path] = live._replace(filename=live.filename or thing.__code__.co_filename)
        elif kind in (GeneratorType, CoroutineType, AsyncGeneratorType):
            code = _code_of(thing)
            if of(code):
                found[of(code)].running.add(place_of(code))
    for code in ran:
        if of(code):
            found[of(code)].ran.add(place_of(code))
    return found


def swaps(
    pairs: Iterable[tuple[CodeType, CodeType]], live: Live
) -> list[tuple[FunctionType, CodeType]]:
    """Which functions get which code, for top-level code before and after.

    Raises: Doubtful.
    """
    found: list[tuple[FunctionType, CodeType]] = []
    for before, after in pairs:
        if shape_of(before) != shape_of(after):
            raise Doubtful("the module's own code changes")
        chosen: dict[Key, CodeType] = {}
        known: dict[Key, bool] = {}
        for old, new in zip(_within(before), _within(after), strict=True):
            _compare(old, new, live, chosen, known)
        for key, code in chosen.items():
            found.extend((function, code) for function in live.functions.get(key, ()))
    return found


def _compare(
    old: CodeType, new: CodeType, live: Live, chosen: dict[Key, CodeType], known: dict[Key, bool]
) -> bool:
    """Whether it changed, at any depth; what is to be replaced goes into `chosen`."""
    key, place = key_of(old), place_of(old)
    own = shape_of(old) != shape_of(new)
    if own:
        if place in live.ran or place in live.running:
            raise Doubtful(f"{old.co_name!r} ran while it was imported")
        changed = True
    else:
        pairs = list(zip(_within(old), _within(new), strict=True))
        changed = sum(_compare(*pair, live, chosen, known) for pair in pairs) > 0  # all of them
    # The same code twice on one line, and only one of the two changes.
    if known.setdefault(key, changed) != changed or (changed and key in chosen):
        raise Doubtful(f"{old.co_name!r} is there twice")
    if not changed:
        return False
    if place in live.running or (key not in live.functions and place in live.places):
        raise Doubtful(f"{old.co_name!r} is not as it was compiled")
    if key in live.functions and _face(old) != _face(new):
        raise Doubtful(f"the signature of {old.co_name!r} changes")
    chosen[key] = new
    return True


def place_of(code: CodeType) -> Place:
    """Where it is; of several on one line it tells apart only those of other names."""
    return code.co_name, code.co_firstlineno


def shape_of(code: CodeType) -> Shape:
    """What the code does, but for what its nested functions do."""
    return (
        code.co_name,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_flags,
        code.co_code,
        tuple(_constant(value) for value in code.co_consts),
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        getattr(code, "co_exceptiontable", b""),
    )


def key_of(code: CodeType) -> Key:
    """Equal for code compiled from the same text at the same line."""
    return (code.co_firstlineno, shape_of(code), tuple(key_of(inner) for inner in _within(code)))


def _face(code: CodeType) -> tuple[Any, ...]:
    """What a function object, or whoever has looked at it, knows of its code."""
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    doc = code.co_consts[0] if code.co_consts and isinstance(code.co_consts[0], str) else None
    return (
        code.co_name,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_varnames[:count],
        code.co_flags & KINDS,
        code.co_freevars,
        doc,
    )


def _constant(value: object) -> tuple[str, str]:
    """1, 1.0 and True are equal and not the same."""
    if isinstance(value, CodeType):
        return ("code", value.co_name)
    return (type(value).__name__, repr(value))


def _within(code: CodeType) -> Iterator[CodeType]:
    return (value for value in code.co_consts if isinstance(value, CodeType))


def _code_of(thing: Any) -> CodeType:
    for name in ("gi_code", "cr_code", "ag_code"):
        code = getattr(thing, name, None)
        if isinstance(code, CodeType):
            return code
    raise TypeError(type(thing).__name__)
