"""A person's answer from what is given on the command line or in an editor."""

import sys
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from agents.edit_format_lines import Malformed
from agents.edit_format_udiff import parse_udiff
from gatewright.domain.errors import InputError
from gatewright.domain.human import Answer, Choice, Question
from gatewright.domain.plan import Plan
from gatewright.tasks.reviewing import edits_plan

MOST_BYTES = 1_000_000
_LIMITS = {"usd": "max_cost_usd", "tokens": "max_tokens", "seconds": "max_seconds"}

Given = dict[str, Any]
"""Keyword arguments of `gatewright.domain.intake.make_answer`: `action`, and what goes with it."""


def chosen(
    question: Question,
    *,
    approve: bool = False,
    reject: bool = False,
    retry: bool = False,
    edit: str | None = None,
    reason: str = "",
    note: str = "",
    budget: str | None = None,
) -> Given | None:
    """The answer that flags make; None when there are none. `edit` is a file, `-` is stdin.

    Raises: InputError naming the flag, the value and the fix.
    """
    on = {"approve": approve, "reject": reject, "retry": retry, "edit": edit is not None}
    actions = [action for action, given in on.items() if given]
    if len(actions) > 1:
        raise InputError("answer", actions, "are several", "Give one of them.")
    if not actions and budget is not None and question.stop.kind == "budget":
        actions = ["retry"]
    if not actions:
        _refuse_loose({"--reason": reason, "--note": note, "--budget": budget})
        return None
    action = actions[0]
    if action not in question.stop.choices:
        choices = ", ".join(f"--{choice}" for choice in question.stop.choices)
        raise InputError("answer", f"--{action}", "is no choice here", f"Use one of {choices}.")
    if reject and not reason:
        raise InputError("--reason", reason, "is missing", "Say why: --reject --reason TEXT.")
    if reason and note:
        raise InputError("--note", note, "is given beside --reason", "Give one of them.")
    answer: Given = {"action": action, "note": reason or note}
    if budget is not None:
        answer["budget"] = parse_budget(budget)
    return answer | ({} if edit is None else edited(question, _read(edit)))


def make(given: Given) -> Answer:
    """The record. Raises: InputError for a budget or a text that cannot be."""
    try:
        return Answer.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(place, first["input"], first["msg"].lower(), "Correct it.") from None


def edited(question: Question, text: str) -> Given:
    """What an edited text stands for: a plan in YAML or JSON, or a unified diff.

    Raises: InputError for what is no plan or no diff at all. Whether the plan keeps the rules and
    the diff applies is seen when the task goes on, as with a model's.
    """
    if edits_plan(question.stop):
        return {"plan": _plan(text)}
    try:
        edits = parse_udiff(text)
    except Malformed as error:
        raise InputError("--edit", _start(text), f"is no diff: {error}", "Mend it.") from None
    if not edits:
        raise InputError("--edit", _start(text), "changes nothing", "Give a unified diff.")
    return {"diff": text}


def parse_budget(text: str) -> dict[str, float | int | None]:
    """`usd=2.5,tokens=100000,seconds=none` as fields of a Budget; `none` is no limit.

    Raises: InputError.
    """
    budget: dict[str, float | int | None] = {}
    for part in text.split(","):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in _LIMITS or not value:
            raise InputError(
                "--budget", text, f"has {part.strip()!r} in it", "Write usd=..,tokens=..,seconds=.."
            )
        try:
            kind = int if name == "tokens" else float
            budget[_LIMITS[name]] = None if value == "none" else kind(value)
        except ValueError:
            raise InputError(
                "--budget", text, f"{value!r} is no number", "Write a number, or none: no limit."
            ) from None
    return budget


def as_yaml(plan: dict[str, Any]) -> str:
    """A plan to be edited: long texts stay readable."""
    return yaml.dump(plan, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=96)


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, not as quoted strings with `\\n` in them."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _plan(text: str) -> dict[str, Any]:
    try:
        plan = Plan.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise InputError("--edit", _start(text), f"is no YAML: {problem}", "Mend it.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "plan"
        raise InputError(place, first["input"], first["msg"].lower(), "Mend the plan.") from None
    return plan.model_dump(mode="json")


def _read(name: str) -> str:
    """Raises: InputError for what cannot be read, or is larger than an answer may be."""
    try:
        data = sys.stdin.buffer.read(MOST_BYTES + 1) if name == "-" else _head(Path(name))
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("--edit", name, f"cannot be read: {error}", "Check the path.") from None
    if len(data) > MOST_BYTES:
        raise InputError("--edit", name, "is larger than 1 MB", "Give a smaller change.")
    return text


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _refuse_loose(given: dict[str, str | None]) -> None:
    for flag, value in given.items():
        if value:
            raise InputError(
                flag, value, "is given without an answer", "Add --approve, --retry or --reject."
            )


def _start(text: str) -> str:
    return text[:80]


def label(choice: Choice) -> str:
    """What a choice comes to, for people."""
    return {"approve": "approve", "retry": "try again", "edit": "edit", "reject": "reject"}[choice]
