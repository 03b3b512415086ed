"""What an agent is told of a task, as sections of a prompt.

All of it is text of others: task, files, paths, output of tests, answers of models. None of it may
begin a section of its own, or grow without limit.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import get_args

from gatewright.domain.conversation import Message
from gatewright.domain.findings import Finding
from gatewright.domain.plan import Plan, Step
from gatewright.domain.ports import SourceFile
from gatewright.domain.task import Role, Task

MOST_FINDINGS = 60
MOST_MESSAGE = 4000
"""Characters of one finding."""
MOST_DIFF = 120_000
"""Characters; about 30,000 tokens."""

_STRUCTURE = re.compile(r"^ {0,3}(#|```|~~~)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Brief:
    """A task with what was chosen of its repository for a model to see."""

    task: Task
    paths: Sequence[str] = ()
    """The repository's files."""
    sources: Sequence[SourceFile] = ()
    findings: Sequence[Finding] = ()
    """What was wrong with the attempt before."""
    notes: Sequence[str] = field(default=())
    """What a person said when asked."""


def _read(role: Role) -> str:
    return resources.files("agents").joinpath("prompts", f"{role}.md").read_text(encoding="utf-8")


_PROMPTS: dict[Role, str] = {role: _read(role) for role in get_args(Role)}
"""Read when this is imported: later there is an event loop that must not wait for files."""


def prompt(role: Role) -> str:
    """The system prompt of a role."""
    return _PROMPTS[role]


def conversation(role: Role, sections: Iterable[str]) -> list[Message]:
    """The role's system prompt and one user message of the sections that say something."""
    said = "\n\n".join(section for section in sections if section)
    return [Message(role="system", content=prompt(role)), Message(role="user", content=said)]


def task_section(task: Task) -> str:
    """Goal, risk, constraints and criteria."""
    lines = [f"# Task\n{prose(task.goal)}", f"Risk: {task.risk}"]
    if task.area:
        lines.append(f"Area: {nested(task.area)}")
    lines += _bullets("Constraints", task.constraints)
    lines += _bullets("Acceptance criteria", task.acceptance_criteria)
    lines += _bullets("Tests that must pass", task.gate.pytest or ())
    lines += _bullets("Commands that must succeed", task.gate.commands)
    return "\n".join(lines)


def plan_section(plan: Plan) -> str:
    """A plan in words."""
    steps = "\n".join(
        f"{number}. {nested(step.title, 3)}\n   {nested(step.what, 3)}\n"
        f"   Files: {', '.join(map(_path, step.files)) or 'not named'}"
        for number, step in enumerate(plan.steps, start=1)
    )
    risks = nested("; ".join(plan.risks)) or "none named"
    return f"# Plan\n{prose(plan.why)}\n{steps}\nRisks: {risks}"


def step_section(step: Step) -> str:
    """The step at hand."""
    named = f"\nFiles: {', '.join(map(_path, step.files))}" if step.files else ""
    return f"# Step\n{nested(step.title)}\n{prose(step.what)}{named}"


def paths_section(paths: Sequence[str], *, most: int = 400) -> str:
    """The repository's files, as many as fit."""
    if not paths:
        return ""
    more = f"\n... and {len(paths) - most} more" if len(paths) > most else ""
    return "# Files of the repository\n" + "\n".join(map(_path, paths[:most])) + more


def sources_section(sources: Sequence[SourceFile]) -> str:
    """Files in full; their content is data and the fence is longer than any in it."""
    return "\n\n".join(f"# File {_path(file.path)}\n{fenced(file.text)}" for file in sources)


def findings_section(findings: Sequence[Finding]) -> str:
    """What the attempt before has to answer for."""
    if not findings:
        return ""
    lines = [
        nested(f"- [{f.check}{' ' + f.rule if f.rule else ''}] {_place(f)}{_shortened(f.message)}")
        for f in findings[:MOST_FINDINGS]
    ]
    if len(findings) > MOST_FINDINGS:
        lines.append(f"- ... and {len(findings) - MOST_FINDINGS} more")
    return "# What was wrong with the attempt before\n" + "\n".join(lines)


def notes_section(notes: Sequence[str]) -> str:
    """A person's word."""
    return "# A person adds\n" + "\n".join(map(prose, notes)) if notes else ""


def diff_section(title: str, diff: str) -> str:
    """A change; of a very long one the beginning, and how much was left out."""
    if not diff:
        return ""
    left_out = len(diff) - MOST_DIFF
    more = f"\n({left_out} more characters are not shown.)" if left_out > 0 else ""
    return f"# {title}\n{fenced(diff[:MOST_DIFF], 'diff')}{more}"


def fenced(text: str, language: str = "") -> str:
    """The text between fences that it cannot end itself."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


def prose(text: str) -> str:
    """Words of others as they are; between fences where they would look like sections of ours."""
    return fenced(text) if _STRUCTURE.search(text) else text


def nested(text: str, by: int = 2) -> str:
    """An item of a list: its further lines are indented, so that they stay within it."""
    return ("\n" + " " * by).join(text.splitlines())


def _path(path: str) -> str:
    """A file's name is anybody's text; one that is not plain is quoted, to stay on its line."""
    return path if path.isprintable() else json.dumps(path)


def _shortened(message: str) -> str:
    if len(message) <= MOST_MESSAGE:
        return message
    return f"{message[:MOST_MESSAGE]} ({len(message) - MOST_MESSAGE} more characters)"


def _place(finding: Finding) -> str:
    if finding.file is None:
        return ""
    path = _path(finding.file)
    return f"{path}:{finding.line}: " if finding.line else f"{path}: "


def _bullets(title: str, lines: Sequence[str]) -> list[str]:
    return [f"{title}:\n" + "\n".join(nested(f"- {line}") for line in lines)] if lines else []
