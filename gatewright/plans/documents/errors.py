"""What pydantic says of a plan, in words for people."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gatewright.plans.documents.document import Globals, PlanFile, PlanStep, Record, Variable
from gatewright.plans.documents.faults import Fault
from gatewright.plans.documents.positions import Keys
from gatewright.plans.documents.problems import did_you_mean, short

_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "finite_number": "a finite number",
}
_FORMS = {
    r"^[^\x00]*$": "must hold no NUL character",
    r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$": (
        "must be a letter or _, then up to 63 letters, digits, _ or -"
    ),
    r"^[A-Za-z_][A-Za-z0-9_]{0,63}$": "must be a letter or _, then up to 63 letters, digits or _",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "must be a letter or _, then letters, digits or _",
    r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$": (
        "must be a letter, a digit or _, then up to 127 letters, digits, _, . or -"
    ),
    r"^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}$": (
        "must be a letter, a digit or _, then up to 127 letters, digits, _, ., :, / or -"
    ),
}


def faults_of(error: ValidationError, *, keys: Keys = ()) -> list[Fault]:
    """What pydantic found, one for one; `keys` is the path of what it looked at."""
    return [_fault(detail, keys) for detail in error.errors(include_url=False)]


def _fault(detail: ErrorDetails, before: Keys) -> Fault:
    # Without pydantic's own word for a key of an object that is wrong itself.
    keys = (*before, *(key for key in detail["loc"] if key != "[key]"))
    kind, value = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        known = _record_of(keys[:-1]).model_fields
        message = f"{short(str(keys[-1]))} is no key of {_called(keys[:-1])}"
        return Fault(keys, message, did_you_mean(str(keys[-1]), known) + "Leave it out.")
    if kind == "missing":
        return Fault(keys, f"{keys[-1]} is missing", f"Every {_called(keys[:-1], '')} has one.")
    if kind == "literal_error":
        choices = _choices(keys)
        message = f"must be {' or '.join(map(repr, choices))}, not {_told(value)}"
        return Fault(keys, message, did_you_mean(str(value), choices) + "Choose one.")
    if kind == "json_invalid":
        return Fault(keys, _said(detail), "Mend it.")
    is_unquoted = kind == "string_type" and isinstance(value, bool | int | float)
    fix = "Write it in quotes." if is_unquoted else "Write another one."
    return Fault(keys, f"{_said(detail)}, not {_told(value)}", fix)


def _said(detail: ErrorDetails) -> str:
    kind = detail["type"]
    context: Mapping[str, Any] = detail.get("ctx") or {}
    if kind in _KINDS:
        return f"must be {_KINDS[kind]}"
    if kind == "string_pattern_mismatch":
        what = "the name " if detail["loc"][-1] == "[key]" else ""
        return what + _FORMS.get(context["pattern"], f"must match {context['pattern']}")
    if kind == "json_invalid":
        return f"is no JSON: {context.get('error', '')}"
    said = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return said[0].lower() + said[1:]


def _record_of(keys: Keys) -> type[Record]:
    match keys:
        case ("globals",):
            return Globals
        case ("variables", _):
            return Variable
        case ("steps", _):
            return PlanStep
    return PlanFile


def _called(keys: Keys, article: str = "a ") -> str:
    words = {Globals: "globals", Variable: "variable", PlanStep: "step", PlanFile: "plan"}
    word = words[_record_of(keys)]
    return word if word == "globals" else article + word


def _choices(keys: Keys) -> tuple[str, ...]:
    annotation = PlanStep.model_fields[str(keys[-1])].annotation
    found = [one for part in (get_args(annotation) or ()) for one in get_args(part) or (part,)]
    return tuple(one for one in found if isinstance(one, str))


def _told(value: object) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return short(value) if isinstance(value, str) else str(value)[:80]
