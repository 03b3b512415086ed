"""The arguments that a function was called with, as text."""

from collections.abc import Callable
from types import CodeType, FrameType, FunctionType
from typing import Any

GENERATOR = 0x20
ASYNCHRONOUS = 0x80 | 0x200
"""In the flags of code: coroutines, and asynchronous generators."""
VARARGS, VARKEYWORDS = 0x04, 0x08


def is_callable_by_name(code: CodeType, frame: FrameType) -> bool:
    """Whether the frame is the start of what its module calls by this very name."""
    if code.co_flags & ASYNCHRONOUS or code.co_name not in frame.f_globals:
        return False
    if getattr(code, "co_qualname", code.co_name) != code.co_name:  # Python 3.11 and later
        return False
    # A generator is entered again after each `yield`.
    return not code.co_flags & GENERATOR or frame.f_lineno == code.co_firstlineno


def arguments(
    code: CodeType, frame: FrameType, text: "Callable[[Any], str | None]"
) -> "tuple[str, str] | None":
    """A tuple and a dictionary as text; None unless `text` has a word for every argument.

    What is the function's own default is left out.
    """
    values = frame.f_locals
    names = code.co_varnames
    count, rest = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    function: Any = frame.f_globals.get(code.co_name)
    ours = type(function) is FunctionType and function.__code__ is code
    defaults: tuple[Any, ...] = (function.__defaults__ or ()) if ours else ()
    keyword_defaults: dict[str, Any] = (function.__kwdefaults__ or {}) if ours else {}
    if any(name not in values for name in names[:rest]):
        return None
    positional = [values[name] for name in names[:count]]
    keywords = {
        name: values[name]
        for name in names[count:rest]
        if not (name in keyword_defaults and keyword_defaults[name] is values[name])
    }
    more: Any = ()
    if code.co_flags & VARARGS:
        more = values.get(names[rest], ())
        rest += 1
    if code.co_flags & VARKEYWORDS:
        keywords.update(values.get(names[rest], {}))
    if more:
        positional += more
    else:
        positional = positional[: _given(positional, defaults)]
    return _texts(positional, keywords, text)


def _given(values: "list[Any]", defaults: "tuple[Any, ...]") -> int:
    """How many arguments stand before those at the end that are defaults."""
    count = len(values)
    for default in reversed(defaults):
        if values[count - 1] is not default:
            break
        count -= 1
    return count


def _texts(
    positional: "list[Any]", keywords: "dict[str, Any]", text: "Callable[[Any], str | None]"
) -> "tuple[str, str] | None":
    first = [text(value) for value in positional]
    second = {name: text(value) for name, value in keywords.items()}
    if None in first or None in second.values():
        return None
    args = "".join(f"{each}, " for each in first).rstrip()
    if len(first) != 1:
        args = args.rstrip(",")
    kwargs = ", ".join(f"{name!r}: {each}" for name, each in second.items())
    return f"({args})", f"{{{kwargs}}}"
