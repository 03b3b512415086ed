"""What delivered commits and pull requests say; every text of a model or a user is untrusted."""

import re
from typing import NamedTuple

from gatewright.domain.delivery import Account
from gatewright.domain.plain import plain
from gatewright.workspace.commits import clean_message

_MARK = re.compile(r"\n\nGatewright-Task: [^\n]*\nGatewright-Key: [^\n]*\n\Z")
"""The last lines of every commit on a private ref (`refs.Mark.sign`)."""
_AUTHOR = re.compile(r"(?:\A|\n\n)Gatewright-Author: ([^\n]+)\Z")
_SUBJECT_CHARACTERS = 72
_TITLE_CHARACTERS = 200


class Said(NamedTuple):
    """A private commit's message, taken apart."""

    text: str
    """Subject and body, as the step's author would have it."""
    author: str
    """The model or engine that made the change; empty where it is not known."""


def take_apart(message: str) -> Said:
    """What was said before the trailers of ours; a trailer that stands in the text is text."""
    text = _MARK.sub("", message).rstrip("\n")
    author = _AUTHOR.search(text)
    if author is None:
        return Said(text, "")
    return Said(text[: author.start()], author[1])


def step_message(account: Account, said: Said) -> str:
    """Of a commit that others follow."""
    return _message(said.text, _origin(account, said.author))


def last_message(account: Account, said: Said) -> str:
    """Of the last commit: it vouches for the whole change."""
    return _message(said.text, [*_origin(account, said.author), *_vouching(account)])


def whole_message(account: Account) -> str:
    """Of the one commit that holds the whole change."""
    steps = [f"- {step}" for step in account.steps]
    text = "\n\n".join(filter(None, [_subject(account.goal), account.why, "\n".join(steps)]))
    authors = ", ".join(account.models.get("implementer", ()))
    return _message(text, [*_origin(account, authors), *_vouching(account)])


def title(account: Account) -> str:
    """Of a pull request: one line that no program takes for an option."""
    line = _one_line(account.goal).lstrip("-").lstrip()
    return _cut(line, _TITLE_CHARACTERS) or f"Task {account.task_id}"


def body(account: Account) -> str:
    """Of a pull request, in Markdown."""
    parts = [_quoted(account.goal)]
    if account.why:
        parts.append(clean_message(account.why))
    parts += _list("Steps", account.steps)
    parts += _list(
        "Who answered", [f"{role}: {', '.join(names)}" for role, names in account.models.items()]
    )
    parts += _list("Quality gate", account.checks)
    parts.append(f"Cost: {_one_line(account.cost)}. Gatewright task `{account.task_id}`.")
    return plain("\n\n".join(parts)) + "\n"


def _origin(account: Account, author: str) -> list[tuple[str, str]]:
    return [("Task", account.task_id), ("Author", author)]


def _vouching(account: Account) -> list[tuple[str, str]]:
    models = "; ".join(f"{role} {', '.join(names)}" for role, names in account.models.items())
    return [("Models", models), ("Gate", account.gate), ("Cost", account.cost)]


def _message(text: str, trailers: list[tuple[str, str]]) -> str:
    # A paragraph of their own at the very end: git reads trailers nowhere else, so what a model
    # wrote before them cannot be taken for one.
    lines = [f"Gatewright-{name}: {_one_line(value)}" for name, value in trailers if value]
    return clean_message(text) + "\n\n" + "\n".join(lines) + "\n"


def _subject(goal: str) -> str:
    """The goal's first line, and the rest below it where that is not all."""
    whole = clean_message(goal)
    line = _cut(_one_line(whole.partition("\n")[0]), _SUBJECT_CHARACTERS)
    return line if line == whole else f"{line}\n\n{whole}"


def _cut(line: str, most: int) -> str:
    return line if len(line) <= most else line[: most - 3].rstrip() + "..."


def _one_line(text: str) -> str:
    return " ".join(clean_message(text).split()) if text else ""


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in clean_message(text).split("\n"))


def _list(name: str, items: "tuple[str, ...] | list[str]") -> list[str]:
    lines = [f"- {_one_line(item)}" for item in items]
    return [f"**{name}**", "\n".join(lines)] if lines else []
