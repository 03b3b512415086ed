"""What an agent is told of a task, as sections of a prompt.

All of it is text of others: task, files, paths, output of tests, answers of models. None of it may
begin a section of its own, or grow without limit.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import get_args

from agents.excerpts import diff_parts, fenced
from agents.repository_map import one_line
from gatewright.domain.conversation import Message
from gatewright.domain.findings import Finding
from gatewright.domain.plan import Plan, Step
from gatewright.domain.ports import SourceFile
from gatewright.domain.task import Role, Task

MOST_FINDINGS = 60
MOST_MESSAGE = 4000
"""Characters of one finding."""
_FEW_FINDINGS = 8
_SHORT_MESSAGES = (1500, 600, 250, 100)
"""Characters of each finding, where there is less room."""
_MOST_PLACE = 300
"""Characters of what stands before a finding's message."""
_LEAST_DIFF = 1500
"""Characters: of a change under review so much is shown at least."""

_STRUCTURE = re.compile(r"^ {0,3}(#|```|~~~)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Brief:
    """A task with what was chosen of its repository for a model to see."""

    task: Task
    paths: Sequence[str] = ()
    """The repository's files, the most relevant first."""
    sources: Sequence[SourceFile] = ()
    """Those that are named, and then those that may matter, the most relevant first."""
    others: frozenset[str] = frozenset()
    """Paths of the sources that nothing names: they are shown where room is left."""
    outlines: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By path, what a file defines, for the map."""
    about: frozenset[str] = frozenset()
    """The words of the task, the step and the findings."""
    absent: Sequence[str] = ()
    """What is named and is no file of the repository (yet)."""
    unread: Sequence[str] = ()
    """What is named and was not read: there was too much of it."""
    findings: Sequence[Finding] = ()
    """What was wrong with the attempt before."""
    notes: Sequence[str] = ()
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
        f"   Files: {', '.join(map(one_line, step.files)) or 'not named'}{_needs(step)}"
        for number, step in enumerate(plan.steps, start=1)
    )
    risks = nested("; ".join(plan.risks)) or "none named"
    return f"# Plan\n{prose(plan.why)}\n{steps}\nRisks: {risks}"


def _needs(step: Step) -> str:
    if step.depends_on is None:
        return ""
    return f"\n   Depends on steps: {', '.join(map(str, step.depends_on)) or 'none'}"


def step_section(step: Step) -> str:
    """The step at hand."""
    named = f"\nFiles: {', '.join(map(one_line, step.files))}" if step.files else ""
    return f"# Step\n{nested(step.title)}\n{prose(step.what)}{named}"


def source_section(file: SourceFile) -> str:
    """A file in full; its content is data and the fence is longer than any in it."""
    return f"# File {one_line(file.path)}\n{fenced(file.text)}"


def findings_section(findings: Sequence[Finding], *, most: int | None = None) -> str:
    """What the attempt before has to answer for.

    In at most so many characters: messages are shortened before findings are left out, and a few
    of them always stay, even if that is longer.
    """
    if not findings:
        return ""
    said = _listed(findings, most=MOST_FINDINGS, each=MOST_MESSAGE)
    for each in _SHORT_MESSAGES if most is not None else ():
        if most is None or len(said) <= most:
            break
        said = _listed(findings, most=MOST_FINDINGS, each=each)
    if most is None or len(said) <= most:
        return said
    few = min(len(findings), MOST_FINDINGS)
    while few > _FEW_FINDINGS and len(said) > most:
        few = max(_FEW_FINDINGS, few // 2)
        said = _listed(findings, most=few, each=_SHORT_MESSAGES[-1])
    return said


def notes_section(notes: Sequence[str]) -> str:
    """A person's word."""
    return "# A person adds\n" + "\n".join(map(prose, notes)) if notes else ""


def diff_section(title: str, diff: str, *, most: int | None = None) -> str:
    """A change; of a very long one something of every file, and how much was left out."""
    if not diff:
        return ""
    return f"# {title}\n{fenced(diff if most is None else _diff_within(diff, most), 'diff')}"


def prose(text: str) -> str:
    """Words of others as they are; between fences where they would look like sections of ours."""
    return fenced(text) if _STRUCTURE.search(text) else text


def nested(text: str, by: int = 2) -> str:
    """An item of a list: its further lines are indented, so that they stay within it."""
    return ("\n" + " " * by).join(text.splitlines())


def _diff_within(diff: str, most: int) -> str:
    return diff_parts(diff, max(_LEAST_DIFF, most - 100))


def _listed(findings: Sequence[Finding], *, most: int, each: int) -> str:
    lines = [nested(_item(finding, each)) for finding in findings[:most]]
    if len(findings) > most:
        lines.append(f"- ... and {len(findings) - most} more")
    return "# What was wrong with the attempt before\n" + "\n".join(lines)


def _item(finding: Finding, most: int) -> str:
    rule = f" {finding.rule}" if finding.rule else ""
    place = f"[{finding.check}{rule}] {_place(finding)}"
    if len(place) > _MOST_PLACE:
        place = f"{place[:_MOST_PLACE]}... "
    return f"- {place}{_shortened(finding.message, most)}"


def _shortened(message: str, most: int) -> str:
    if len(message) <= most:
        return message
    return f"{message[:most]} ({len(message) - most} more characters)"


def _place(finding: Finding) -> str:
    if finding.file is None:
        return ""
    path = one_line(finding.file)
    return f"{path}:{finding.line}: " if finding.line else f"{path}: "


def _bullets(title: str, lines: Sequence[str]) -> list[str]:
    return [f"{title}:\n" + "\n".join(nested(f"- {line}") for line in lines)] if lines else []
