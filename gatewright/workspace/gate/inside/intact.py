"""Whether pytest is still what it was before the repository's code was there."""

# ruff: noqa: UP006, UP035, UP045
# The annotations are read by Pythons from 3.8 on.

import builtins
import inspect
import operator
import sys
import time
import unittest.case
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Iterator, List, NamedTuple, Optional, Tuple

_PACKAGES = ("_pytest", "pluggy", "pytest")
_MODULES = (unittest.case.__name__,)
_CORE = ("_pytest.runner", "_pytest.reports", "_pytest.skipping", "pluggy._callers")
"""What makes and carries an outcome; compared at every test."""

_SHARE = 100
"""Everything else is compared so seldom that it takes no more than one part in this many."""

_KINDS = (FunctionType, BuiltinFunctionType, classmethod, staticmethod, property)


class _Holder(NamedTuple):
    """A module or class as it was."""

    label: str
    names: Tuple[str, ...]
    get: Any
    saved: Any
    what: Any
    size: Optional[int]
    """How many attributes a class has: one more may stand before an instance's own."""


class Intact:
    """A picture of pytest's functions by identity, and comparisons with it."""

    def __init__(self, places: Any) -> None:
        self._places = places
        self._all = list(_holders())
        self._core = [holder for holder in self._all if _module(holder) in _CORE]
        self._builtins = dict(vars(builtins))
        self._parts = operator.itemgetter(*self._builtins)
        self._were = self._parts(self._builtins)
        self._clock = time.perf_counter
        self._next = 0.0

    def altered(self, *, everything: bool = False) -> List[str]:
        """Full names of what is not the same any more."""
        begin = self._clock()
        if not everything and begin < self._next:
            return self._differences(self._core)
        found = self._differences(self._all) + self._altered_builtins()
        end = self._clock()
        self._next = end + _SHARE * (end - begin)
        return found

    def _differences(self, holders: List[_Holder]) -> List[str]:
        found: List[str] = []
        for holder in holders:
            attributes = vars(holder.what)
            try:
                same = holder.get(attributes) == holder.saved
            except KeyError:
                same = False
            if not same:
                found += _differing(holder, attributes)
            if holder.size is not None and holder.size != len(attributes):
                found.append(f"{holder.label} (attributes)")
        return found

    def _altered_builtins(self) -> List[str]:
        """Tests patch builtins as well, and take it back; only the repository's code counts."""
        now = vars(builtins)
        try:
            if self._parts(now) == self._were:
                return []
        except KeyError:
            pass
        found = []
        for name, was in self._builtins.items():
            value = now.get(name)
            code = getattr(value, "__code__", None) or getattr(
                getattr(value, "__init__", None), "__code__", None
            )
            ours = code is not None and self._places.kind(code.co_filename) == "code"
            if value is not was and ours:
                found.append(f"builtins.{name}")
        return found


def _holders() -> Iterator[_Holder]:
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] not in _PACKAGES and name not in _MODULES:
            continue
        if not isinstance(module, ModuleType):
            continue
        attributes = dict(vars(module))
        names = [n for n, v in attributes.items() if isinstance(v, (type, *_KINDS))]
        yield from _holder(name, names, module, None)
        for each in attributes.values():
            if isinstance(each, type) and each.__module__ == name:
                members = [n for n, v in vars(each).items() if isinstance(v, _KINDS)]
                size = len(vars(each)) if name in _CORE and not inspect.isabstract(each) else None
                yield from _holder(f"{name}.{each.__qualname__}", members, each, size)


def _holder(label: str, names: List[str], what: Any, size: Optional[int]) -> Iterator[_Holder]:
    if names:
        get = operator.itemgetter(*names)
        yield _Holder(label, tuple(names), get, get(vars(what)), what, size)


def _module(holder: _Holder) -> str:
    what = holder.what
    return str(what.__name__ if isinstance(what, ModuleType) else what.__module__)


def _differing(holder: _Holder, attributes: Any) -> List[str]:
    saved = holder.saved if len(holder.names) > 1 else (holder.saved,)
    pairs = zip(holder.names, saved)  # noqa: B905 - not in 3.8
    return [f"{holder.label}.{name}" for name, was in pairs if attributes.get(name) is not was]
