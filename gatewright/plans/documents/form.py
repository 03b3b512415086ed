"""Is it of the form of a plan? Also of files with more errors than anybody wants to read."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from gatewright.plans.documents.document import PlanFile, PlanStep, Record
from gatewright.plans.documents.errors import faults_of
from gatewright.plans.documents.faults import Fault
from gatewright.plans.documents.positions import Keys

MOST_NAMED = 400
"""Errors that are told one by one: pydantic takes 30 microseconds for the words of each, and a
hostile file has millions."""

_Some = TypeVar("_Some", bound=Record)


def validated(kind: type[_Some], raw: Mapping[str, Any]) -> _Some:
    """The record; nothing is taken for something else.

    Raises: ValidationError.
    """
    # As JSON: only there pydantic takes lists for tuples and is strict in everything else.
    return kind.model_validate_json(json.dumps(raw), strict=True)


def first_faults(raw: Mapping[str, Any]) -> list[Fault]:
    """Some of the errors of a plan that has very many: part by part, until they are enough."""
    steps = raw.get("steps")
    found = _faults(PlanFile, {**raw, "steps": []}, ())
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        if len(found) > MOST_NAMED:
            break
        keys = ("steps", number)
        if isinstance(step, dict):
            found += _faults(PlanStep, step, keys)
        else:
            found.append(Fault(keys, "must be an object", "Write {...} with id and command."))
    return found or [Fault((), f"holds more than {MOST_NAMED} errors", "Check how it was made.")]


def _faults(kind: type[Record], raw: Mapping[str, Any], keys: Keys) -> list[Fault]:
    try:
        validated(kind, raw)
    except ValidationError as error:
        if error.error_count() <= MOST_NAMED:
            return faults_of(error, keys=keys)
    else:
        return []
    try:
        validated(kind, _cut(raw))
    except ValidationError as error:
        return faults_of(error, keys=keys)
    return []


def _cut(value: Any) -> Any:
    """The beginnings of its lists and objects, as deep as a step or the globals are."""
    if isinstance(value, list):
        return [_cut(one) for one in value[:MOST_NAMED]]
    if isinstance(value, Mapping):
        return {key: _cut(value[key]) for key, _ in zip(value, range(MOST_NAMED), strict=False)}
    return value
