"""Looking at objects of unknown types without running any code of theirs."""

from types import GetSetDescriptorType
from typing import Any

MOST_ATTRIBUTES = 10

# What `type` itself says: a metaclass may have other answers, made by code.
_NAME = type.__dict__["__name__"].__get__
_MRO = type.__dict__["__mro__"].__get__
_DICT = type.__dict__["__dict__"].__get__

_hidden: "dict[int, tuple[type, frozenset[str] | None]]" = {}
"""By the identity of a class, which is kept so that no other comes to have it."""


def type_name(kind: type) -> str:
    """The bare name of a class."""
    return str(_NAME(kind))


def attributes(value: object) -> "dict[str, Any]":
    """What `value.x` would give for its plain attributes, a few of them."""
    kind = type(value)
    if id(kind) not in _hidden:
        _hidden[id(kind)] = (kind, _descriptors(kind))
    hidden = _hidden[id(kind)][1]
    if hidden is None:
        return {}
    own = object.__getattribute__(value, "__dict__")
    found: dict[str, Any] = {}
    for name, part in own.items():
        if len(found) == MOST_ATTRIBUTES:
            break
        if type(name) is str and name not in hidden:
            found[name] = part
    return found


def _descriptors(kind: type) -> "frozenset[str] | None":
    """Names that the class itself may answer for; None where nothing can be read unseen."""
    has_dict = False
    names = set()
    for base in _MRO(kind):
        members = _DICT(base)
        if base is not object and ("__getattribute__" in members):
            return None
        plain = members.get("__dict__")
        if plain is not None and type(plain) is not GetSetDescriptorType:
            return None
        has_dict = has_dict or plain is not None
        names.update(members)
    return frozenset(names) if has_dict else None
